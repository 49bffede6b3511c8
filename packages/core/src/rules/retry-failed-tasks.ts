import type { Rule, TaskRunFacts } from "../types.ts";
import { awaitingRetry, retriesOf, retryDelayOf } from "./retry-settings.ts";

/** Turns a task's failure into a wait for its next attempt, unless its own condition said that trying again is no use. */
export const retryFailedTasks: Rule<TaskRunFacts> = {
  name: "retry-failed-tasks",
  from: new Set(["RUNNING"]),
  to: new Set(["FAILED"]),
  judge({ proposed, run, now, random }) {
    const retries = retriesOf(run.policy);
    if (proposed.details.retriable === false || retries === null || run.runCount > retries) return undefined;
    const delay = retryDelayOf(run.policy, run.runCount);
    const seconds = jittered(delay, run.policy.retry_jitter_factor ?? 0, random);
    return { kind: "reject", state: awaitingRetry(proposed, now, seconds), reason: "Retrying" };
  },
};

/**
 * `seconds` spread by an exponential draw that stays below `seconds * (1 + factor)` and keeps its mean about where it was:
 * the lower bound cuts off as much below the median as the upper bound leaves above it.
 */
function jittered(seconds: number, factor: number, random: number): number {
  if (factor <= 0 || seconds <= 0) return Math.max(0, seconds);
  const most = 1 + factor;
  // Beyond 50 the bound is nil to a double, and 2 ** most would lose it anyway.
  const least = most >= 50 ? 0 : Math.log2(2 ** most / (2 ** most - 1));
  const lower = 1 - Math.exp(-least);
  const upper = 1 - Math.exp(-most);
  return -Math.log(Math.max(1 - (lower + (upper - lower) * random), 1e-10)) * seconds;
}
