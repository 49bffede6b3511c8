import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";

const kept = {
  kind: "keep",
  reason: "Cannot transition flows that are cancelling to a state other than Cancelled.",
  rule: "enforce-cancelling-to-cancelled",
};

test.each([
  ["core", "FAILED", kept],
  ["core", "RUNNING", kept],
  ["core", "PENDING", kept],
  ["core", "CANCELLING", kept],
  ["core", "CANCELLED", { kind: "store" }],
  ["minimal", "FAILED", { kind: "store" }],
] as const)("%s: a cancelling run asked to be %s", (policy, to, decision) => {
  expect(decideFlowRun(policy, flowRun("CANCELLING", to))).toMatchObject(decision);
});
