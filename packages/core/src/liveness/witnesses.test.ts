import { addSeconds } from "@weir/contracts";
import { expect, test } from "vitest";
import { NOON } from "../given.ts";
import { judgeLiveness } from "./witnesses.ts";

const [long, fresh] = [addSeconds(NOON, -600), addSeconds(NOON, -500)];
const [past, future] = [addSeconds(NOON, -1), addSeconds(NOON, 60)];
const alive = { verdict: "alive" };

test.each([
  ["is heard", fresh, null, null, alive],
  ["is heard, though its worker and lease are gone", fresh, past, past, alive],
  ["never sent heartbeats", null, past, past, alive],
  [
    "is silent to the second",
    addSeconds(NOON, -540),
    null,
    null,
    { verdict: "zombie", missing: ["heartbeats"], present: [] },
  ],
  ["is silent and has no other witness", long, null, null, { verdict: "zombie", missing: ["heartbeats"], present: [] }],
  [
    "is silent, its worker online",
    long,
    null,
    future,
    { verdict: "unreachable", missing: ["heartbeats"], present: ["worker"] },
  ],
  [
    "is silent, its lease renewed",
    long,
    future,
    null,
    { verdict: "unreachable", missing: ["heartbeats"], present: ["lease"] },
  ],
  [
    "is silent, its lease lost, its worker online",
    long,
    past,
    future,
    { verdict: "unreachable", missing: ["heartbeats", "lease"], present: ["worker"] },
  ],
  [
    "is silent, its worker offline, its lease renewed",
    long,
    future,
    past,
    { verdict: "unreachable", missing: ["heartbeats", "worker"], present: ["lease"] },
  ],
  [
    "has no witness left",
    long,
    past,
    past,
    { verdict: "zombie", missing: ["heartbeats", "lease", "worker"], present: [] },
  ],
])("a run that %s", (_, lastHeard, leasedUntil, workerUntil, liveness) => {
  expect(judgeLiveness({ lastHeard, leasedUntil, workerUntil }, NOON)).toEqual(liveness);
});
