import { type StateType, stateTypes } from "@weir/contracts";
import { bypassCancellingWithoutInfrastructure } from "./rules/bypass-cancelling-without-infrastructure.ts";
import { cancelLateWithoutSlot } from "./rules/cancel-late-without-slot.ts";
import { checkDeploymentSlots } from "./rules/check-deployment-slots.ts";
import { copyScheduledTime } from "./rules/copy-scheduled-time.ts";
import { copyTaskParameters } from "./rules/copy-task-parameters.ts";
import { enforceCancellingToCancelled } from "./rules/enforce-cancelling-to-cancelled.ts";
import { handleFlowTerminalStates } from "./rules/handle-flow-terminal-states.ts";
import { handlePausingFlows } from "./rules/handle-pausing-flows.ts";
import { handleResumingPausedFlows } from "./rules/handle-resuming-paused-flows.ts";
import { handleTaskTerminalStates } from "./rules/handle-task-terminal-states.ts";
import { keepActiveLimits } from "./rules/keep-active-limits.ts";
import { limitCacheKeys } from "./rules/limit-cache-keys.ts";
import { markOnlyScheduledLate } from "./rules/mark-only-scheduled-late.ts";
import { preserveLeaseId } from "./rules/preserve-lease-id.ts";
import { keepForcedDuplicates, preventDuplicateTransitions } from "./rules/prevent-duplicate-transitions.ts";
import { preventPendingTransitions } from "./rules/prevent-pending-transitions.ts";
import { preventResultLoss } from "./rules/prevent-result-loss.ts";
import { preventRunningTasksOfStoppedFlows } from "./rules/prevent-running-tasks-of-stopped-flows.ts";
import { refuseClosedTags } from "./rules/refuse-closed-tags.ts";
import { renameReruns } from "./rules/rename-reruns.ts";
import { retrieveFromCache } from "./rules/retrieve-from-cache.ts";
import { retryFailedFlows } from "./rules/retry-failed-flows.ts";
import { retryFailedTasks } from "./rules/retry-failed-tasks.ts";
import { secureDeploymentSlots } from "./rules/secure-deployment-slots.ts";
import { waitForScheduledTime } from "./rules/wait-for-scheduled-time.ts";
import type { FlowPolicy, FlowRunFacts, Rule, TaskPolicy, TaskRunFacts } from "./types.ts";

/** The rules for flow runs; the order is the priority. */
export const flowRules: Record<FlowPolicy, readonly Rule<FlowRunFacts>[]> = {
  core: [
    preserveLeaseId,
    preventDuplicateTransitions,
    handleFlowTerminalStates,
    enforceCancellingToCancelled,
    bypassCancellingWithoutInfrastructure,
    preventPendingTransitions,
    checkDeploymentSlots,
    keepActiveLimits,
    secureDeploymentSlots,
    markOnlyScheduledLate,
    handlePausingFlows,
    handleResumingPausedFlows,
    copyScheduledTime,
    waitForScheduledTime,
    retryFailedFlows,
  ],
  forced: [keepForcedDuplicates, preventResultLoss, bypassCancellingWithoutInfrastructure],
  minimal: [preventResultLoss, bypassCancellingWithoutInfrastructure],
  "mark-late": [cancelLateWithoutSlot, markOnlyScheduledLate],
};

/** The rules for task runs whose states come through the API; the order is the priority. */
export const taskRules: Record<TaskPolicy, readonly Rule<TaskRunFacts>[]> = {
  core: [
    retrieveFromCache,
    handleTaskTerminalStates,
    preventRunningTasksOfStoppedFlows,
    refuseClosedTags,
    copyScheduledTime,
    waitForScheduledTime,
    retryFailedTasks,
    renameReruns,
    limitCacheKeys,
  ],
  minimal: [],
  // A background task runs in no flow's process, so no flow need run.
  background: [
    preventPendingTransitions,
    retrieveFromCache,
    handleTaskTerminalStates,
    copyScheduledTime,
    copyTaskParameters,
    waitForScheduledTime,
    retryFailedTasks,
    renameReruns,
    limitCacheKeys,
  ],
};

/** The rules of one policy that look at a pair of types, in order. */
export type RuleTable<Facts> = ReadonlyMap<StateType | null, ReadonlyMap<StateType, readonly Rule<Facts>[]>>;

/** Sorts rules by pair once, so that a decision does not go through those that have no say. */
export function tabulate<Facts>(rules: readonly Rule<Facts>[]): RuleTable<Facts> {
  const from = [null, ...stateTypes];
  return new Map(
    from.map((current) => [
      current,
      new Map(stateTypes.map((to) => [to, rules.filter((rule) => rule.from.has(current) && rule.to.has(to))])),
    ]),
  );
}
