import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { taskRun } from "../given.ts";

test.each([
  ["PENDING", 0, "Running"],
  ["PENDING", 1, "Rerunning"],
  [{ type: "SCHEDULED", name: "AwaitingRetry" }, 1, "Retrying"],
  [null, 0, "Running"],
] as const)("from %j with %d runs before, a task is %s", (from, runCount, name) => {
  expect(decideTaskRun("core", taskRun(from, "RUNNING", { runCount }))).toMatchObject({ state: { name } });
});

test("a forced state keeps its name and asks no rule", () => {
  expect(decideTaskRun("minimal", taskRun("COMPLETED", "RUNNING", { runCount: 2 }))).toMatchObject({
    state: { name: "Running" },
    run: { runCount: 3, flowRunRunCount: 1 },
  });
});
