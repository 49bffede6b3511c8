import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { flowRun } from "../given.ts";

const held = { type: "PENDING" as const, deployment_concurrency_lease_id: "held" };

test.each([
  ["is carried when the proposal has none", held, { type: "RUNNING" as const }, "held"],
  [
    "gives way to a new one",
    { ...held, type: "RUNNING" as const },
    { type: "RUNNING" as const, deployment_concurrency_lease_id: "new" },
    "new",
  ],
  [
    "is carried into the end, where it is released",
    { ...held, type: "RUNNING" as const },
    { type: "COMPLETED" as const },
    "held",
  ],
  ["is not made up", { type: "PENDING" as const }, { type: "RUNNING" as const }, undefined],
])("the lease %s", (_, from, to, lease) => {
  const decision = decideFlowRun("core", flowRun(from, to));
  expect(decision.kind === "store" && decision.state.details.deployment_concurrency_lease_id).toBe(lease);
});
