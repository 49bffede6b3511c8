import { isTerminal } from "@weir/contracts";
import type { Rule, TaskRunFacts } from "../types.ts";
import { hasPersistedResult } from "./persisted-result.ts";
import { anyType, terminalTypes } from "./state-sets.ts";

/**
 * What may follow an ended task. A stored result is not computed again. Leaving the end gives the task its retries back:
 * that is what a flow's own retry does to its tasks, and the name then says so.
 */
export const handleTaskTerminalStates: Rule<TaskRunFacts> = {
  name: "handle-task-terminal-states",
  from: terminalTypes,
  to: anyType,
  judge({ current, proposed, run }) {
    if (current === null) return undefined;
    if (proposed.type === "CANCELLING" || proposed.type === "PAUSED" || proposed.type === "CRASHED") {
      return { kind: "abort", reason: `Run is already ${current.type}.` };
    }
    if (current.type === "COMPLETED" && hasPersistedResult(current)) {
      return { kind: "reject", state: null, reason: "This run is already completed." };
    }
    if (isTerminal(proposed.type)) return undefined;
    const isFlowRetry = proposed.type === "RUNNING" && run.flowRun && run.flowRunRunCount < run.flowRun.runCount;
    return { kind: "amend", proposed: isFlowRetry ? { ...proposed, name: "Retrying" } : proposed, runCount: 0 };
  },
};
