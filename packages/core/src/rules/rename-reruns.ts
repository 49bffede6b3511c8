import type { Rule, TaskRunFacts } from "../types.ts";
import { anyType } from "./state-sets.ts";

/** Says in its name that a task did not run for the first time. */
export const renameReruns: Rule<TaskRunFacts> = {
  name: "rename-reruns",
  from: anyType,
  to: new Set(["RUNNING"]),
  judge({ current, proposed, run }) {
    if (current === null || run.runCount === 0) return undefined;
    const name = current.name === "AwaitingRetry" ? "Retrying" : "Rerunning";
    return { kind: "amend", proposed: { ...proposed, name } };
  },
};
