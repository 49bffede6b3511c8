import type { Rule, TaskRunFacts } from "../types.ts";
import { anyOrNone } from "./state-sets.ts";

/** A tag whose limit is 0 lets nothing run: a task that waited for it would wait for ever. */
export const refuseClosedTags: Rule<TaskRunFacts> = {
  name: "refuse-closed-tags",
  from: anyOrNone,
  to: new Set(["RUNNING"]),
  judge({ run }) {
    const closed = run.tagLimits.find(({ limit }) => limit === 0);
    if (!closed) return undefined;
    const reason = `The concurrency limit on tag "${closed.tag}" is 0 and will deadlock if the task tries to run again.`;
    return { kind: "abort", reason };
  },
};
