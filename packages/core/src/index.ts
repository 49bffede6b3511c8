export { CANCELLING_SECONDS } from "./cancelling.ts";
export { decideFlowRun } from "./decide-flow-run.ts";
export { decideTaskRun } from "./decide-task-run.ts";
export { type CauseCode, type Check, causeOf, type Stop } from "./explain/check.ts";
export { type DeploymentWait, explainDeployment } from "./explain/deployment.ts";
export { explainFlowRun, type FlowRunWait } from "./explain/flow-run.ts";
export { type LimitWait, limitCheck } from "./explain/limit.ts";
export { type Place, placeChecks, type Starter } from "./explain/place.ts";
export { explainTaskRun } from "./explain/task-run.ts";
export type { Refusal } from "./explain/throttle.ts";
export { PLACEHOLDER } from "./job-template/placeholders.ts";
export { type JobSubject, mergeJobVariables, prepareJob } from "./job-template/prepare.ts";
export { renderJobTemplate } from "./job-template/render.ts";
export { fillVariables, variablesIn } from "./job-template/variables.ts";
export {
  judgeLiveness,
  type Liveness,
  SILENT_AFTER_SECONDS,
  type Testimony,
  type Witness,
} from "./liveness/witnesses.ts";
export { MAX_CACHE_KEY } from "./rules/limit-cache-keys.ts";
export { type GraphNode, type GraphRun, runGraph } from "./run-graph.ts";
export { MISSED_SECONDS, missedDates, type OverdueRun, runsToSkip } from "./schedules/catch-up.ts";
export { occurrences, parseSchedule, type Schedule } from "./schedules/schedule.ts";
export {
  grantSlots,
  retryAfter,
  type SlotAsk,
  type SlotChange,
  type SlotLimit,
  type SlotVerdict,
  type SlotWaiter,
} from "./slots/grant.ts";
export type {
  ActiveLimit,
  Decision,
  DeploymentSlots,
  FlowPolicy,
  FlowRunFacts,
  RunChanges,
  SlotEffect,
  SlotManners,
  TagLimit,
  TaskPolicy,
  TaskRunFacts,
  Transition,
} from "./types.ts";
