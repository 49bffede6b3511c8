import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { FLOW_RUN, noon, taskRun } from "../given.ts";

const flow = (stateType: "RUNNING" | "PENDING" | "CANCELLING" | "PAUSED", more = {}) => ({
  ...{ stateType, runCount: 1, pauseTimeout: undefined, pauseReschedule: false },
  ...more,
});
const abort = {
  kind: "abort",
  reason: "The enclosing flow must be running to begin task execution.",
  rule: "prevent-running-tasks-of-stopped-flows",
};

test.each([
  ["a running flow", flow("RUNNING"), { kind: "store", state: { type: "RUNNING" } }],
  ["no flow", undefined, { kind: "store", state: { type: "RUNNING" } }],
  ["a flow that is gone", null, abort],
  ["a pending flow", flow("PENDING"), abort],
  ["a cancelling flow", flow("CANCELLING"), abort],
])("a task of %s", (_, flowRun, decision) => {
  expect(decideTaskRun("core", taskRun("PENDING", "RUNNING", { flowRun }))).toMatchObject(decision);
});

test("a task of a paused flow waits as long as the flow does", () => {
  const flowRun = flow("PAUSED", { pauseTimeout: noon(300), pauseReschedule: true });
  expect(decideTaskRun("core", taskRun("PENDING", "RUNNING", { flowRun }))).toMatchObject({
    kind: "store",
    reason: `The flow is paused, new tasks can execute after resuming flow run: ${FLOW_RUN}.`,
    state: { type: "PAUSED", name: "NotReady", details: { pause_timeout: noon(300), pause_reschedule: true } },
  });
});
