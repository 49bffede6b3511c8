import type { StateType } from "@weir/contracts";
import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { taskRun } from "../given.ts";
import type { TagLimit, TaskPolicy, TaskRunFacts } from "../types.ts";

const a: TagLimit = { tag: "a", limit: 1, isHeld: false };
const b: TagLimit = { tag: "b", limit: 2, isHeld: false };
const held = (limit: TagLimit): TagLimit => ({ ...limit, isHeld: true });

type Case = [says: string, given: Partial<TaskRunFacts>, from: StateType | null, to: StateType, slots: unknown];

function slotsOf(policy: TaskPolicy, given: Partial<TaskRunFacts>, from: StateType | null, to: StateType) {
  const decision = decideTaskRun(policy, taskRun(from, to, given));
  return decision.kind === "store" ? decision.tagSlots : decision.kind;
}

test.each<Case>([
  ["no limit needs none", {}, "PENDING", "RUNNING", undefined],
  ["one of each limited tag is taken", { tagLimits: [a, b] }, "PENDING", "RUNNING", { kind: "take", tags: ["a", "b"] }],
  ["of a new run too", { tagLimits: [a] }, null, "RUNNING", { kind: "take", tags: ["a"] }],
  ["only what is missing", { tagLimits: [held(a), b] }, "PENDING", "RUNNING", { kind: "take", tags: ["b"] }],
  ["what is there is kept", { tagLimits: [held(a)] }, "PENDING", "RUNNING", { kind: "keep", tags: ["a"] }],
  [
    "also by one that is told to run again",
    { tagLimits: [held(a)] },
    "RUNNING",
    "RUNNING",
    { kind: "keep", tags: ["a"] },
  ],
  ["a run that waits takes none", { tagLimits: [a] }, "SCHEDULED", "PENDING", undefined],
  ["a run that ends gives all back", { holdsTagSlots: true }, "RUNNING", "COMPLETED", { kind: "release" }],
  ["or fails", { holdsTagSlots: true }, "RUNNING", "FAILED", { kind: "release" }],
  ["or pauses", { holdsTagSlots: true }, "RUNNING", "PAUSED", { kind: "release" }],
  ["one that is being cancelled keeps them", { holdsTagSlots: true }, "RUNNING", "CANCELLING", undefined],
  ["one that was cancelled does not", { holdsTagSlots: true }, "CANCELLING", "CANCELLED", { kind: "release" }],
  ["one that holds none gives none back", { tagLimits: [a] }, "RUNNING", "COMPLETED", undefined],
])("%s", (_, given, from, to, slots) => {
  expect(slotsOf("core", given, from, to)).toEqual(slots);
});

test("a run that is to try again gives them back meanwhile", () => {
  const given = { holdsTagSlots: true, tagLimits: [held(a)], policy: { retries: 2 }, runCount: 1 };
  const decision = decideTaskRun("core", taskRun("RUNNING", "FAILED", given));
  expect(decision).toMatchObject({ kind: "store", state: { name: "AwaitingRetry" }, tagSlots: { kind: "release" } });
});

test("a closed limit refuses the run, one that finds its result in the cache excepted", () => {
  const closed = { tagLimits: [a, { ...b, limit: 0 }] };
  expect(decideTaskRun("core", taskRun("PENDING", "RUNNING", closed))).toEqual({
    kind: "abort",
    reason: 'The concurrency limit on tag "b" is 0 and will deadlock if the task tries to run again.',
    rule: "refuse-closed-tags",
  });
  const cached = { type: "COMPLETED" as const, name: "Completed", message: null, data: null, details: {} };
  expect(slotsOf("core", { ...closed, cached }, "PENDING", "RUNNING")).toBe("abort");
  const asked = taskRun("PENDING", { type: "RUNNING", cache_key: "k" }, { ...closed, cached });
  expect(decideTaskRun("core", asked)).toMatchObject({ kind: "store", state: { name: "Cached" } });
});

test.each(["minimal", "background"] as const)("the rules called %s take no slots and give them back", (policy) => {
  expect(slotsOf(policy, { tagLimits: [{ ...a, limit: 0 }] }, "PENDING", "RUNNING")).toBeUndefined();
  expect(slotsOf(policy, { holdsTagSlots: true }, "RUNNING", "COMPLETED")).toEqual({ kind: "release" });
});

test("a run that is not due takes no slot", () => {
  const asked = taskRun({ type: "SCHEDULED", scheduled_time: "2026-08-01T13:00:00Z" }, "RUNNING", { tagLimits: [a] });
  expect(decideTaskRun("core", asked)).toMatchObject({ kind: "wait", seconds: 3600 });
});
