import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { decideTaskRun } from "../decide-task-run.ts";
import { flowRun, noon, taskRun } from "../given.ts";

test.each([
  ["is kept by the claim", { type: "SCHEDULED", scheduled_time: noon(9) }, { type: "PENDING" }, noon(9)],
  [
    "gives way to the worker's own",
    { type: "SCHEDULED", scheduled_time: noon(9) },
    { type: "PENDING", scheduled_time: noon(1) },
    noon(1),
  ],
  ["is not made up", { type: "SCHEDULED" }, { type: "PENDING" }, undefined],
  ["goes with the start", { type: "PENDING", scheduled_time: noon(-9) }, { type: "RUNNING" }, undefined],
] as const)("the due time %s", (_, from, to, due) => {
  for (const decision of [decideFlowRun("core", flowRun(from, to)), decideTaskRun("core", taskRun(from, to))]) {
    expect(decision.kind === "store" && decision.state.details.scheduled_time).toBe(due);
  }
});
