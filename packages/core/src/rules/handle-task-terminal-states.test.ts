import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { taskRun } from "../given.ts";

const completed = { type: "COMPLETED" as const, data: { storage_key: "k" } };
const rule = "handle-task-terminal-states";

test.each([
  ["FAILED", "CANCELLING", { kind: "abort", reason: "Run is already FAILED.", rule }],
  ["COMPLETED", "CRASHED", { kind: "abort", reason: "Run is already COMPLETED.", rule }],
  [completed, "RUNNING", { kind: "keep", reason: "This run is already completed.", rule }],
  [completed, "FAILED", { kind: "keep", reason: "This run is already completed.", rule }],
  ["COMPLETED", "RUNNING", { kind: "store", state: { name: "Running" }, run: { runCount: 1 } }],
  ["FAILED", "PENDING", { kind: "store", run: { runCount: 0 } }],
  ["FAILED", "CANCELLED", { kind: "store", run: { runCount: 4 } }],
] as const)("%j to %j", (from, to, decision) => {
  expect(decideTaskRun("core", taskRun(from, to, { runCount: 4 }))).toMatchObject(decision);
});

test("a task run again by its flow's next attempt is retrying", () => {
  const flowRun = { stateType: "RUNNING" as const, runCount: 2, pauseTimeout: undefined, pauseReschedule: false };
  const decision = decideTaskRun("core", taskRun("FAILED", "RUNNING", { runCount: 4, flowRun }));
  expect(decision).toMatchObject({ state: { name: "Retrying" }, run: { runCount: 1, flowRunRunCount: 2 } });
});

test("a task held back by a paused flow keeps its count", () => {
  const flowRun = { stateType: "PAUSED" as const, runCount: 1, pauseTimeout: undefined, pauseReschedule: false };
  const decision = decideTaskRun("core", taskRun("FAILED", "RUNNING", { runCount: 4, flowRun }));
  expect(decision).toMatchObject({ state: { name: "NotReady" }, run: { runCount: 4 } });
});
