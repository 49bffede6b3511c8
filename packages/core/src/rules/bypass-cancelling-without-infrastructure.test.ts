import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun, noon } from "../given.ts";

const scheduled = "Scheduled flow run has no infrastructure to terminate.";
const suspended = "Suspended flow run has no infrastructure to terminate.";

test.each([
  ["nobody took", "SCHEDULED", null, "Cancelled", scheduled],
  ["a worker has a process for", "SCHEDULED", "host:1", "Cancelling", undefined],
  ["is resuming", { type: "SCHEDULED", name: "Resuming" }, "host:1", "Cancelled", scheduled],
  ["is suspended", { type: "PAUSED", name: "Suspended", pause_reschedule: true }, "host:1", "Cancelled", suspended],
  [
    "is suspended beyond its time-out",
    { type: "PAUSED", pause_reschedule: true, pause_timeout: noon(-1) },
    null,
    "Cancelled",
    suspended,
  ],
  ["is paused in its process", "PAUSED", "host:1", "Cancelling", undefined],
  ["is pending", "PENDING", null, "Cancelling", undefined],
  ["is running", "RUNNING", null, "Cancelling", undefined],
] as const)("cancelling a run that %s", (_, from, infrastructurePid, name, reason) => {
  for (const policy of ["core", "minimal"] as const) {
    const decision = decideFlowRun(policy, flowRun(from, "CANCELLING", { infrastructurePid }));
    expect(decision).toMatchObject({ kind: "store", state: { name } });
    expect(decision.kind === "store" && decision.reason).toBe(reason);
  }
});
