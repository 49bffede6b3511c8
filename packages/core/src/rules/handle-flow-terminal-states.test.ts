import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";

const result = { storage_key: "k" };
const completed = { type: "COMPLETED" as const, data: result };
const keep = (reason: string) => ({ kind: "keep", reason, rule: "handle-flow-terminal-states" });
const abort = (reason: string) => ({ kind: "abort", reason, rule: "handle-flow-terminal-states" });
const loss = "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.";

test.each([
  ["FAILED", "CANCELLING", abort("Run is already in terminal state FAILED.")],
  ["COMPLETED", "CRASHED", abort("Run is already in terminal state COMPLETED.")],
  ["CANCELLED", "PAUSED", abort("Run is already in terminal state CANCELLED.")],
  [completed, "RUNNING", keep("Run is already COMPLETED.")],
  [completed, "SCHEDULED", keep("Run is already COMPLETED.")],
  [completed, "COMPLETED", keep(loss)],
  [completed, { type: "COMPLETED", data: { type: "unpersisted" } }, keep(loss)],
  [completed, { type: "COMPLETED", data: { storage_key: "other" } }, { kind: "store" }],
  [completed, "FAILED", { kind: "store" }],
  [{ type: "COMPLETED", data: { type: "unpersisted" } }, "RUNNING", { kind: "store" }],
  [{ type: "COMPLETED", data: [1] }, "RUNNING", { kind: "store" }],
  ["COMPLETED", "RUNNING", { kind: "store" }],
  ["FAILED", "SCHEDULED", { kind: "store" }],
] as const)("%j to %j", (from, to, decision) => {
  expect(decideFlowRun("core", flowRun(from, to))).toMatchObject(decision);
});

test("a run without a deployment cannot wait for a worker", () => {
  const reason = "Cannot reschedule a run without an associated deployment.";
  expect(decideFlowRun("core", flowRun("FAILED", "SCHEDULED", { deploymentId: null }))).toEqual(abort(reason));
});

test.each([
  ["SCHEDULED", { resuming: false, pause_keys: [], retry_type: "reschedule", retries: 2 }],
  ["RUNNING", { resuming: false, pause_keys: [], retry_type: null, retries: 2 }],
  ["FAILED", undefined],
] as const)("a crashed run that goes to %s starts its pauses and retries anew unless it stays ended", (to, policy) => {
  const before = { retries: 2, pause_keys: ["k"], retry_type: "in_process" as const };
  const decision = decideFlowRun("core", flowRun("CRASHED", to, { policy: before }));
  expect(decision).toMatchObject({ policyChanged: policy !== undefined, run: { policy: policy ?? before } });
});
