import { parseInstant, SECOND } from "@weir/contracts";
import type { FlowRunFacts, Rule, TaskRunFacts } from "../types.ts";

/**
 * Holds a run back until its due time, by our clock. Waits are whole seconds, to the nearest (a half goes down): the
 * wire knows integers, and a run up to half a second early is due.
 */
export const waitForScheduledTime: Rule<FlowRunFacts | TaskRunFacts> = {
  name: "wait-for-scheduled-time",
  from: new Set(["SCHEDULED", "PENDING"]),
  to: new Set(["RUNNING"]),
  judge({ current, now }) {
    const text = current?.details.scheduled_time;
    const due = text ? parseInstant(text) : undefined;
    if (due === undefined) return undefined;
    const seconds = Math.ceil((due - now) / SECOND - 0.5);
    if (seconds <= 0) return undefined;
    return { kind: "wait", seconds, reason: "Scheduled time is in the future" };
  },
};
