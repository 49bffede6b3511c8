import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { taskRun } from "../given.ts";

const cached = {
  ...{ type: "COMPLETED" as const, name: "Completed", message: "done before", data: null },
  details: { cache_key: "k", task_run_id: "another", transition_id: "old" },
};
const asks = { type: "RUNNING" as const, cache_key: "k", transition_id: "new" };

test.each(["core", "background"] as const)(
  "%s: a task that was computed under its key ends as that one did",
  (policy) => {
    const decision = decideTaskRun(policy, taskRun("PENDING", asks, { cached }));
    expect(decision).toMatchObject({
      ...{ kind: "store", reason: "Retrieved state from cache", rule: "retrieve-from-cache" },
      state: { type: "COMPLETED", name: "Cached", message: "done before", details: { transition_id: "new" } },
      run: { runCount: 0 },
    });
    expect(decision.kind === "store" && decision.state.details.task_run_id).not.toBe("another");
  },
);

test("an ended task finds the cache before its end is looked at, and no running flow is asked for", () => {
  const flowRun = { stateType: "CANCELLED" as const, runCount: 1, pauseTimeout: undefined, pauseReschedule: false };
  const decision = decideTaskRun("core", taskRun("FAILED", asks, { cached, flowRun }));
  expect(decision).toMatchObject({ state: { name: "Cached" } });
});

test.each([
  ["nothing is cached", asks, null],
  ["it has no key", { type: "RUNNING" as const }, cached],
  ["it wants the cache refreshed", { ...asks, refresh_cache: true }, cached],
])("a task runs where %s", (_, to, found) => {
  expect(decideTaskRun("core", taskRun("PENDING", to, { cached: found }))).toMatchObject({
    state: { type: "RUNNING" },
  });
});

test("forced, a task runs whatever is cached", () => {
  expect(decideTaskRun("minimal", taskRun("PENDING", asks, { cached }))).toMatchObject({ state: { type: "RUNNING" } });
});

test.each([
  [2000, undefined],
  [2001, "Cache key exceeded maximum allowed length of 2000 characters."],
])("a task completes with a key of %i characters", (length, reason) => {
  const to = { type: "COMPLETED" as const, cache_key: "k".repeat(length) };
  const decision = decideTaskRun("core", taskRun("RUNNING", to));
  expect(decision).toMatchObject({ kind: "store", state: { type: "COMPLETED" } });
  expect(decision.kind === "store" && decision.reason).toBe(reason);
});
