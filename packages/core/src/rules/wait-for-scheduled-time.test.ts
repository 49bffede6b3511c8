import { expect, test } from "vitest";
import { decideFlowRun } from "../decide-flow-run.ts";
import { decideTaskRun } from "../decide-task-run.ts";
import { flowRun, noon, taskRun } from "../given.ts";

const wait = (seconds: number) => ({
  kind: "wait",
  seconds,
  reason: "Scheduled time is in the future",
  rule: "wait-for-scheduled-time",
});

test.each([
  ["that was due", -5, { kind: "store" }],
  ["due now", 0, { kind: "store" }],
  ["half a second early", 0.5, { kind: "store" }],
  ["more than half a second early", 0.500001, wait(1)],
  ["a second early", 1, wait(1)],
  ["a second and a half early", 1.5, wait(1)],
  ["an hour early", 3600, wait(3600)],
])("a run %s", (_, early, decision) => {
  for (const type of ["SCHEDULED", "PENDING"] as const) {
    const from = { type, scheduled_time: noon(early) };
    expect(decideFlowRun("core", flowRun(from, "RUNNING"))).toMatchObject(decision);
    expect(decideTaskRun("core", taskRun(from, "RUNNING"))).toMatchObject(decision);
    expect(decideFlowRun("minimal", flowRun(from, "RUNNING"))).toMatchObject({ kind: "store" });
  }
});
