import type { FlowRunFacts, Rule, TaskRunFacts } from "../types.ts";

/** A claimed run keeps its due time, so that one claimed early (a worker looks ahead) still waits before it runs. */
export const copyScheduledTime: Rule<FlowRunFacts | TaskRunFacts> = {
  name: "copy-scheduled-time",
  from: new Set(["SCHEDULED"]),
  to: new Set(["PENDING"]),
  judge({ current, proposed }) {
    const due = current?.details.scheduled_time;
    if (!due || proposed.details.scheduled_time) return undefined;
    return { kind: "amend", proposed: { ...proposed, details: { ...proposed.details, scheduled_time: due } } };
  },
};
