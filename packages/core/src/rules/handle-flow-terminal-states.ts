import { isTerminal } from "@weir/contracts";
import type { FlowRunFacts, Rule } from "../types.ts";
import { hasPersistedResult, losesResult, RESULT_LOSS } from "./persisted-result.ts";
import { anyType, terminalTypes } from "./state-sets.ts";

/**
 * What may follow an ended run. A crash report or a cancel that comes too late must not undo the end, a stored result is
 * not run again, and only a deployment's run can wait for a worker. Leaving the end is a retry by hand: pauses fire anew,
 * and a rescheduled run is for workers to take.
 */
export const handleFlowTerminalStates: Rule<FlowRunFacts> = {
  name: "handle-flow-terminal-states",
  from: terminalTypes,
  to: anyType,
  judge({ current, proposed, run }) {
    if (current === null) return undefined;
    if (proposed.type === "CANCELLING" || proposed.type === "PAUSED" || proposed.type === "CRASHED") {
      return { kind: "abort", reason: `Run is already in terminal state ${current.type}.` };
    }
    if (current.type === "COMPLETED" && !isTerminal(proposed.type) && hasPersistedResult(current)) {
      return { kind: "reject", state: null, reason: "Run is already COMPLETED." };
    }
    if (losesResult(current, proposed)) return { kind: "reject", state: null, reason: RESULT_LOSS };
    if (proposed.type === "SCHEDULED" && !run.deploymentId) {
      return { kind: "abort", reason: "Cannot reschedule a run without an associated deployment." };
    }
    return undefined;
  },
  after({ proposed }, policy) {
    if (isTerminal(proposed.type)) return undefined;
    const retryType = proposed.type === "SCHEDULED" ? "reschedule" : null;
    return { ...policy, resuming: false, pause_keys: [], retry_type: retryType };
  },
};
