import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun, noon } from "../given.ts";

const submitting = { type: "PENDING" as const, name: "Submitting" };
const abort = (type: string) => ({
  kind: "abort",
  reason: `This run is in a ${type} state and cannot transition to a PENDING state.`,
  rule: "prevent-pending-transitions",
});

test.each([
  ["PENDING", "PENDING", abort("PENDING")],
  [submitting, "PENDING", abort("PENDING")],
  [submitting, submitting, abort("PENDING")],
  ["RUNNING", "PENDING", abort("RUNNING")],
  ["RUNNING", submitting, abort("RUNNING")],
  ["CANCELLED", "PENDING", abort("CANCELLED")],
  ["PENDING", submitting, { kind: "store", state: { name: "Submitting" } }],
  [submitting, { type: "PENDING", name: "InfrastructurePending" }, { kind: "store" }],
  ["SCHEDULED", "PENDING", { kind: "store" }],
  ["FAILED", "PENDING", { kind: "store" }],
  [null, "PENDING", { kind: "store" }],
] as const)("%j to %j", (from, to, decision) => {
  expect(decideFlowRun("core", flowRun(from, to))).toMatchObject(decision);
});

test("progress keeps the due time and the lease of the claim, whatever the worker sends", () => {
  const claim = { type: "PENDING" as const, scheduled_time: noon(5), deployment_concurrency_lease_id: "held" };
  const sent = { ...submitting, scheduled_time: noon(99), deployment_concurrency_lease_id: "other", traceparent: "t" };
  expect(decideFlowRun("core", flowRun(claim, sent))).toMatchObject({
    state: { details: { scheduled_time: noon(5), deployment_concurrency_lease_id: "held", traceparent: "t" } },
  });
  const bare = decideFlowRun("core", flowRun("PENDING", { ...submitting, scheduled_time: noon(99) }));
  expect(bare.kind === "store" && bare.state.details).not.toHaveProperty("scheduled_time");
});

test("a cancelled run refused as pending keeps its pauses", () => {
  const decision = decideFlowRun("core", flowRun("CANCELLED", "PENDING", { policy: { pause_keys: ["k"] } }));
  expect(decision).toEqual(abort("CANCELLED"));
});
