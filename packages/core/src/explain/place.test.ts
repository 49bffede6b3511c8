import type { Micros } from "@weir/contracts";
import { expect, test } from "vitest";
import { type Place, placeChecks, type Starter } from "./place.ts";

const pool = { id: "p", name: "cloud", type: "ecs:push", isPaused: false, pause: null, limit: 1, active: 1 };
const queue = { id: "q", name: "default", isPaused: true, pause: null, limit: null, active: 0, lastPolled: null };

test.each<[Starter, string[]]>([
  ["workers", ["account_throttled", "no_worker_online", "work_queue_not_polled"]],
  ["submitter", []],
  ["nobody", ["nothing_submits"]],
])("runs that are started by %s wait for pauses and limits, and for whoever that is", (startedBy, more) => {
  const place: Place = { pool, queue, workers: [], startedBy };
  const checks = placeChecks(place, [], 0 as Micros);
  expect(checks.map(({ code }) => code)).toEqual([
    ...["work_pool_paused", "work_queue_paused", "work_pool_limit", "work_queue_limit"],
    ...more,
  ]);
  expect(checks.filter(({ ok }) => !ok).map(({ code }) => code)).toEqual([
    ...["work_queue_paused", "work_pool_limit"],
    ...more.filter((code) => code !== "account_throttled"),
  ]);
});
