import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";
import type { ActiveLimit, DeploymentSlots, FlowPolicy } from "../types.ts";

const pool = (limit: number, active: number): ActiveLimit => ({ of: "work_pool", id: "p", name: "gpu", limit, active });
const queue = (limit: number, active: number): ActiveLimit => ({
  of: "work_queue",
  id: "q",
  name: "hot",
  limit,
  active,
});
const schedule = (limit: number, active: number): ActiveLimit => ({
  of: "schedule",
  id: "s",
  name: "nightly",
  limit,
  active,
});
const fullSlots: DeploymentSlots = { limit: 1, free: 0, cancelsNew: true, graceSeconds: 300, isLeaseAlive: false };
const poolFull = ["abort", 'The concurrency limit of 1 of work pool "gpu" is reached.'];
const queueFull = ["abort", 'The concurrency limit of 2 of work queue "hot" is reached.'];

type From = Parameters<typeof flowRun>[0];
type To = Parameters<typeof flowRun>[1];
type Run = NonNullable<Parameters<typeof flowRun>[2]>;

test.each<[string, From, To, Run, unknown[], FlowPolicy?]>([
  ["claimed without limits", "SCHEDULED", "PENDING", {}, ["Pending", undefined]],
  ["claimed with room", "SCHEDULED", "PENDING", { activeLimits: [pool(2, 1), queue(2, 1)] }, ["Pending", ["p", "q"]]],
  ["claimed in a full pool", "SCHEDULED", "PENDING", { activeLimits: [pool(1, 1), queue(2, 1)] }, poolFull],
  ["claimed in a full queue", "SCHEDULED", "PENDING", { activeLimits: [pool(3, 2), queue(2, 2)] }, queueFull],
  ["claimed in one that is more than full", "SCHEDULED", "PENDING", { activeLimits: [pool(1, 4)] }, poolFull],
  [
    "claimed when its schedule has as many active runs as it may",
    "SCHEDULED",
    "PENDING",
    { activeLimits: [pool(3, 2), schedule(1, 1)] },
    ["abort", 'The concurrency limit of 1 of schedule "nightly" is reached.'],
  ],
  [
    "claimed in a full pool, its deployment full: not cancelled",
    "SCHEDULED",
    "PENDING",
    { activeLimits: [pool(1, 1)], slots: fullSlots },
    poolFull,
  ],
  [
    "claimed with room in the pool and none in the deployment: it takes no place",
    "SCHEDULED",
    "PENDING",
    { activeLimits: [pool(1, 0)], slots: fullSlots },
    ["Cancelled", undefined],
  ],
  [
    "retried by its own process",
    { type: "SCHEDULED", name: "AwaitingRetry" },
    "PENDING",
    { activeLimits: [pool(1, 1)], policy: { retry_type: "in_process" } },
    ["Pending", undefined],
  ],
  [
    "rescheduled for a worker",
    { type: "SCHEDULED", name: "Resuming" },
    "PENDING",
    { activeLimits: [pool(1, 1)], policy: { retry_type: "reschedule" } },
    poolFull,
  ],
  ["retried at once", "SCHEDULED", "RUNNING", { activeLimits: [pool(1, 1)] }, ["Running", undefined]],
  ["forced", "SCHEDULED", "PENDING", { activeLimits: [pool(1, 1)] }, ["Pending", undefined], "minimal"],
])("%s", (_, from, to, run, expected, policy = "core") => {
  const decision = decideFlowRun(policy, flowRun(from, to, run));
  const told =
    decision.kind === "store"
      ? [decision.state.name, decision.places?.map(({ id }) => id)]
      : [decision.kind, "reason" in decision && decision.reason];
  expect(told).toEqual(expected);
});
