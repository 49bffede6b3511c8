import type { StateDetails } from "@weir/contracts";
import type { Rule, TaskRunFacts } from "../types.ts";
import { anyOrNone } from "./state-sets.ts";

/**
 * A task runs only within a running flow. In a paused one it gets ready later, with the flow's own time-out; in any
 * other, or one that was deleted meanwhile, there is nobody to run it for.
 */
export const preventRunningTasksOfStoppedFlows: Rule<TaskRunFacts> = {
  name: "prevent-running-tasks-of-stopped-flows",
  from: anyOrNone,
  to: new Set(["RUNNING"]),
  judge({ run }) {
    const flow = run.flowRun;
    if (flow === undefined || flow?.stateType === "RUNNING") return undefined;
    if (flow?.stateType !== "PAUSED") {
      return { kind: "abort", reason: "The enclosing flow must be running to begin task execution." };
    }
    const details: StateDetails = {};
    if (flow.pauseTimeout) details.pause_timeout = flow.pauseTimeout;
    if (flow.pauseReschedule) details.pause_reschedule = true;
    const reason = `The flow is paused, new tasks can execute after resuming flow run: ${run.flowRunId}.`;
    return { kind: "reject", state: { type: "PAUSED", name: "NotReady", message: null, data: null, details }, reason };
  },
};
