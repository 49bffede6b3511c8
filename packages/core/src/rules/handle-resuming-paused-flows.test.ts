import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun, noon } from "../given.ts";

const paused = { type: "PAUSED" as const, pause_timeout: noon(60) };
const expired = { ...paused, pause_timeout: noon(-1) };
const suspended = { ...paused, name: "Suspended", pause_reschedule: true };
const resuming = { type: "SCHEDULED" as const, name: "Resuming" };
const timedOut = (told: string) => ({
  kind: "store",
  reason: "The flow run pause has timed out and can no longer resume.",
  state: { type: "FAILED", name: "Failed", message: `The flow was ${told} and never resumed.` },
});

test.each([
  ["goes on in its process", paused, "RUNNING", {}, { kind: "store", state: { type: "RUNNING" } }],
  ["without a deadline", "PAUSED", "RUNNING", {}, { kind: "store", state: { type: "RUNNING" } }],
  ["is given to a worker", suspended, resuming, {}, { kind: "store", state: { name: "Resuming" } }],
  [
    "is not given to one without a deployment",
    suspended,
    resuming,
    { deploymentId: null },
    { kind: "keep", reason: "Cannot reschedule a resuming flow run without a deployment." },
  ],
  ["ends", paused, "COMPLETED", {}, { kind: "store", state: { type: "COMPLETED" } }],
  [
    "is not claimed",
    paused,
    "PENDING",
    {},
    { kind: "keep", reason: "This run cannot transition to the PENDING state from the PAUSED state." },
  ],
  [
    "at its deadline",
    { ...paused, pause_timeout: noon(0) },
    "RUNNING",
    {},
    { kind: "store", state: { type: "RUNNING" } },
  ],
  ["past its deadline", expired, "RUNNING", {}, timedOut("running")],
  ["past its deadline, suspended", { ...suspended, pause_timeout: noon(-1) }, resuming, {}, timedOut("resuming")],
  ["past its deadline, cancelled", expired, "CANCELLING", {}, { kind: "store", state: { type: "CANCELLING" } }],
] as const)("a paused run %s", (_, from, to, run, decision) => {
  expect(decideFlowRun("core", flowRun(from, to, run as object))).toMatchObject(decision);
});

test("the attempt of a suspended run goes on where a worker takes it", () => {
  const given = decideFlowRun("core", flowRun(suspended, resuming, { runCount: 1 }));
  expect(given).toMatchObject({ run: { runCount: 1, policy: { resuming: true } }, policyChanged: true });
  const started = decideFlowRun("core", flowRun("PENDING", "RUNNING", { runCount: 1, policy: { resuming: true } }));
  expect(started).toMatchObject({ run: { runCount: 1, policy: { resuming: false } } });
});

test("a pause that ends in its process is marked too, past the count", () => {
  const decision = decideFlowRun("core", flowRun(paused, "RUNNING", { runCount: 1 }));
  expect(decision).toMatchObject({ run: { runCount: 2, policy: { resuming: true } } });
});
