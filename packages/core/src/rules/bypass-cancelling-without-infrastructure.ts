import type { ProposedState } from "@weir/contracts";
import type { FlowRunFacts, Rule } from "../types.ts";

const cancelled: ProposedState = { type: "CANCELLED", name: "Cancelled", message: null, data: null, details: {} };

/**
 * Cancelling asks a worker to kill a process. Where there is none (nobody took the run yet, or it was suspended), nobody
 * would answer: the run is Cancelled at once. A run that awaits its retry may have a living process.
 */
export const bypassCancellingWithoutInfrastructure: Rule<FlowRunFacts> = {
  name: "bypass-cancelling-without-infrastructure",
  from: new Set(["SCHEDULED", "PAUSED"]),
  to: new Set(["CANCELLING"]),
  judge({ current, run }) {
    if (current === null) return undefined;
    if ((current.type === "SCHEDULED" && !run.infrastructurePid) || current.name === "Resuming") {
      const reason = "Scheduled flow run has no infrastructure to terminate.";
      return { kind: "reject", state: cancelled, reason };
    }
    if (current.type === "PAUSED" && current.details.pause_reschedule) {
      const reason = "Suspended flow run has no infrastructure to terminate.";
      return { kind: "reject", state: cancelled, reason };
    }
    return undefined;
  },
};
