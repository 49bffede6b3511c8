import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { taskRun } from "../given.ts";

const scheduled = { type: "SCHEDULED" as const, task_parameters_id: "p", scheduled_time: "2026-08-01T11:00:00Z" };

test.each([
  ["a claim", scheduled, { type: "PENDING" as const }, "p"],
  ["a start", scheduled, { type: "RUNNING" as const }, "p"],
  ["one that says its own", scheduled, { type: "PENDING" as const, task_parameters_id: "q" }, "q"],
  ["the end", { type: "RUNNING" as const, task_parameters_id: "p" }, { type: "COMPLETED" as const }, undefined],
])("%s of a background task", (_, from, to, id) => {
  const decision = decideTaskRun("background", taskRun(from, to));
  expect(decision.kind === "store" && decision.state.details.task_parameters_id).toBe(id);
});

test("a background task is claimed once", () => {
  const reason = "This run is in a PENDING state and cannot transition to a PENDING state.";
  expect(decideTaskRun("background", taskRun("PENDING", "PENDING"))).toMatchObject({ kind: "abort", reason });
});

test("a background task needs no running flow", () => {
  const flowRun = { stateType: "COMPLETED" as const, runCount: 3, pauseTimeout: undefined, pauseReschedule: false };
  const decision = decideTaskRun("background", taskRun("PENDING", "RUNNING", { flowRun }));
  expect(decision).toMatchObject({ kind: "store", state: { type: "RUNNING" }, run: { flowRunRunCount: 3 } });
});
