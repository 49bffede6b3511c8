import type { Micros } from "@weir/contracts";
import { expect, test } from "vitest";
import { decideFlowRun } from "./decide-flow-run.ts";
import { decideTaskRun } from "./decide-task-run.ts";
import { FLOW_RUN, flowRun, NOON, noon, TASK_RUN, taskRun } from "./given.ts";

const ago = (seconds: number) => (NOON - seconds * 1e6) as Micros;
const started = { startTime: ago(60), runCount: 1, expectedStartTime: ago(90) };
const ended = { ...started, endTime: ago(30) };

test.each([
  ["first RUNNING starts", "PENDING", "RUNNING", {}, { startTime: NOON, endTime: null, runCount: 1 }],
  ["second RUNNING keeps the start", "SCHEDULED", "RUNNING", started, { startTime: ago(60), runCount: 2 }],
  [
    "leaving RUNNING adds its time",
    "RUNNING",
    "COMPLETED",
    { ...started, totalRunSeconds: 5 },
    { totalRunSeconds: 65, endTime: NOON },
  ],
  ["RUNNING to RUNNING adds its time", "RUNNING", "RUNNING", started, { totalRunSeconds: 60, runCount: 2 }],
  [
    "an end without a run starts there",
    "PENDING",
    "CRASHED",
    {},
    { startTime: NOON, endTime: NOON, totalRunSeconds: 0 },
  ],
  ["one end after another keeps the first", "FAILED", "COMPLETED", ended, { endTime: ago(30), startTime: ago(60) }],
  ["leaving the end clears it", "FAILED", "SCHEDULED", ended, { endTime: null, startTime: ago(60) }],
  [
    "the first state is expected when stored",
    null,
    "PENDING",
    {},
    { expectedStartTime: NOON, nextScheduledStartTime: null },
  ],
  [
    "the first due time is expected",
    null,
    { type: "SCHEDULED", scheduled_time: noon(9) },
    {},
    { expectedStartTime: ago(-9), nextScheduledStartTime: ago(-9) },
  ],
  [
    "what is expected does not move",
    "PENDING",
    { type: "SCHEDULED", scheduled_time: noon(9) },
    started,
    { expectedStartTime: ago(90), nextScheduledStartTime: ago(-9) },
  ],
  ["without a due time it is now", null, "SCHEDULED", {}, { expectedStartTime: NOON, nextScheduledStartTime: NOON }],
  [
    "leaving SCHEDULED clears the next start",
    "SCHEDULED",
    "PENDING",
    { nextScheduledStartTime: ago(9) },
    { nextScheduledStartTime: null },
  ],
] as const)("%s", (_, from, to, run, changes) => {
  const decisions = [
    decideFlowRun("minimal", flowRun(from, to, run)),
    decideTaskRun("minimal", taskRun(from, to, run)),
  ];
  for (const decision of decisions) expect(decision).toMatchObject({ kind: "store", run: changes });
});

test.each([
  ["by the clock", 60, NOON],
  ["past one of this microsecond", 0, NOON + 1],
  ["past one from a clock ahead of ours", -2, NOON + 2e6 + 1],
])("a state is stamped %s", (_, age, timestamp) => {
  const decision = decideFlowRun("core", flowRun({ type: "PENDING", age }, "RUNNING"));
  expect(decision).toMatchObject({ state: { timestamp }, run: { startTime: timestamp } });
});

test.each([
  ["RUNNING", { runCount: 1, policy: { resuming: false } }, true],
  ["CANCELLED", { runCount: 1, policy: { resuming: false } }, true],
  ["PENDING", { runCount: 1, policy: { resuming: true } }, false],
] as const)("a resuming run that goes to %s", (to, run, policyChanged) => {
  const asked = flowRun("SCHEDULED", to, { runCount: 1, policy: { resuming: true } });
  expect(decideFlowRun("core", asked)).toMatchObject({ kind: "store", run, policyChanged });
});

test("a state names its runs", () => {
  const flow = decideFlowRun("core", flowRun(null, "PENDING"));
  expect(flow.kind === "store" && flow.state.details).toEqual({ flow_run_id: FLOW_RUN });
  const subflow = decideFlowRun("core", flowRun(null, "PENDING", { parentTaskRunId: "parent" }));
  expect(subflow.kind === "store" && subflow.state.details).toEqual({ flow_run_id: FLOW_RUN, task_run_id: "parent" });
  const task = decideTaskRun("core", taskRun(null, "PENDING"));
  expect(task.kind === "store" && task.state.details).toEqual({ flow_run_id: FLOW_RUN, task_run_id: TASK_RUN });
  const alone = decideTaskRun("core", taskRun(null, "PENDING", { flowRunId: null, flowRun: undefined }));
  expect(alone.kind === "store" && alone.state.details).toEqual({ task_run_id: TASK_RUN });
});

test("a decision changes nothing that it was given", () => {
  const asked = flowRun(
    { type: "RUNNING", deployment_concurrency_lease_id: "held" },
    { type: "FAILED", message: "boom" },
    { runCount: 1, policy: { retries: 1 } },
  );
  const before = structuredClone({ run: asked.run, proposed: asked.proposed.details });
  decideFlowRun("core", asked);
  expect({ run: asked.run, proposed: asked.proposed.details }).toEqual(before);
});
