import { expect, test } from "vitest";
import { decideTaskRun } from "../decide-task-run.ts";
import { noon, taskRun } from "../given.ts";

test.each([
  ["at once", { retries: 1 }, 1, noon(0)],
  ["after a delay", { retries: 1, retry_delay: 1.5 }, 1, noon(1.5)],
  ["by the list, first", { retries: 5, retry_delay: [1, 10, 100] }, 1, noon(1)],
  ["by the list, second", { retries: 5, retry_delay: [1, 10, 100] }, 2, noon(10)],
  ["by the list's last from then on", { retries: 5, retry_delay: [1, 10, 100] }, 5, noon(100)],
  ["by an empty list", { retries: 5, retry_delay: [] }, 1, noon(0)],
  ["not, when used up", { retries: 1 }, 2, undefined],
  ["not, when not set", {}, 1, undefined],
])("a failed task is retried %s", (_, policy, runCount, due) => {
  const decision = decideTaskRun("core", taskRun("RUNNING", { type: "FAILED", message: "boom" }, { policy, runCount }));
  expect(decision).toMatchObject(
    due === undefined
      ? { kind: "store", state: { type: "FAILED" } }
      : { reason: "Retrying", state: { name: "AwaitingRetry", message: "boom", details: { scheduled_time: due } } },
  );
});

test("a task that says trying again is no use is not retried", () => {
  const asked = taskRun("RUNNING", { type: "FAILED", retriable: false }, { policy: { retries: 3 }, runCount: 1 });
  expect(decideTaskRun("core", asked)).toMatchObject({ state: { type: "FAILED" } });
});

// The bounds, with a factor of 0.5 on 100 s: from log2(2^1.5 / (2^1.5 - 1)) = 0.63 to 1.5 times the delay.
test.each([
  [0, 62.94],
  [0.999999, 150],
])("jitter with a draw of %d waits %d seconds", (random, seconds) => {
  const policy = { retries: 1, retry_delay: 100, retry_jitter_factor: 0.5 };
  const decision = decideTaskRun("core", taskRun("RUNNING", "FAILED", { policy, runCount: 1 }, random));
  const due = decision.kind === "store" ? decision.run.nextScheduledStartTime : null;
  expect(((due ?? 0) - Date.parse(noon()) * 1000) / 1e6).toBeCloseTo(seconds, 1);
});
