import { type ProposedState, parseInstant } from "@weir/contracts";
import type { FlowRunFacts, Rule } from "../types.ts";
import { anyType } from "./state-sets.ts";

/**
 * What a paused flow may become: it goes on in its process (Running), is given to a worker (Scheduled), is cancelled, or
 * ends. Past its deadline it can only fail, but may be cancelled still, for a blocked process is alive. The mark that
 * it resumes is set past the bookkeeping: it spares the count of the *next* entry to Running.
 */
export const handleResumingPausedFlows: Rule<FlowRunFacts> = {
  name: "handle-resuming-paused-flows",
  from: new Set(["PAUSED"]),
  to: anyType,
  judge({ current, proposed, run, now }) {
    if (current === null) return undefined;
    if (proposed.type === "PENDING" || proposed.type === "PAUSED") {
      const reason = `This run cannot transition to the ${proposed.type} state from the ${current.type} state.`;
      return { kind: "reject", state: null, reason };
    }
    const told = proposed.name.toLowerCase();
    if (current.details.pause_reschedule && run.deploymentId === null) {
      return { kind: "reject", state: null, reason: `Cannot reschedule a ${told} flow run without a deployment.` };
    }
    const deadline = current.details.pause_timeout && parseInstant(current.details.pause_timeout);
    if (proposed.type === "CANCELLING" || !deadline || deadline >= now) return undefined;
    const verb = proposed.name === "Suspended" ? "suspend" : "pause";
    const reason = `The flow run ${verb} has timed out and can no longer resume.`;
    return { kind: "reject", state: neverResumed(told), reason };
  },
  last: (_, policy) => ({ ...policy, resuming: true }),
};

function neverResumed(told: string): ProposedState {
  const message = `The flow was ${told} and never resumed.`;
  return { type: "FAILED", name: "Failed", message, data: null, details: {} };
}
