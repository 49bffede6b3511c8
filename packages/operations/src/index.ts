export type { Refusal } from "@weir/core";
export { type ClientEvent, readEvent } from "@weir/events";
export { readAccount, readAccountSettings, updateAccount, updateAccountSettings } from "./account/verbs.ts";
export { createApiKey, listApiKeys, type MadeApiKey, readApiKey, revokeApiKey, wireApiKey } from "./api-key/verbs.ts";
export { readFlowRunArtifacts, readTaskRunArtifacts } from "./artifact/of-runs.ts";
export {
  countArtifacts,
  countLatestArtifacts,
  createArtifact,
  deleteArtifact,
  filterArtifacts,
  filterLatestArtifacts,
  readArtifact,
  readLatestArtifact,
  updateArtifact,
} from "./artifact/verbs.ts";
export { databaseClock, systemClock } from "./clock.ts";
export {
  createConcurrencyLimit,
  deleteConcurrencyLimit,
  filterConcurrencyLimits,
  paginateConcurrencyLimits,
  readConcurrencyLimit,
  readSlotHolders,
  updateConcurrencyLimit,
} from "./concurrency/limits.ts";
export {
  decrementSlots,
  decrementSlotsWithLease,
  incrementSlots,
  incrementSlotsWithLease,
  renewLease,
} from "./concurrency/slots.ts";
export {
  decrementTagSlots,
  deleteTagLimit,
  deleteTagLimitById,
  filterTagLimits,
  incrementTagSlots,
  limitTag,
  readTagLimit,
  readTagLimitById,
  resetTagLimit,
} from "./concurrency/tags.ts";
export {
  countDeploymentsOfFlows,
  countFlowRunsOfPools,
  countTaskRunsByState,
  countTaskRunsOfFlowRuns,
  nextRunsOfFlows,
  taskRunOutcomes,
} from "./counts/verbs.ts";
export {
  type FlowRunChildren,
  type ListedTaskRun,
  locateTaskRun,
  readFlowRunChildren,
} from "./dashboard/flow-run-children.ts";
export {
  type FlowRunDetail,
  type FlowRunPage,
  flowRunsById,
  type ListedFlowRun,
  type Named,
  pageFlowRuns,
  readFlowRunDetail,
  type ShownState,
} from "./dashboard/flow-runs.ts";
export {
  type AccountCtx,
  type Caller,
  type Ctx,
  defineAccountVerb,
  defineVerb,
  openCtx,
  parseInput,
  type Verb,
} from "./define-verb.ts";
export { branchDeployment } from "./deployment/branch.ts";
export {
  countDeployments,
  deleteDeployments,
  filterDeployments,
  offerDeploymentRuns,
  paginateDeployments,
  readDeployment,
  readDeploymentByName,
} from "./deployment/read.ts";
export { createDeploymentRun, createDeploymentRuns } from "./deployment/run.ts";
export {
  createDeployment,
  deleteDeployment,
  disableDeployment,
  enableDeployment,
  pauseDeployment,
  resumeDeployment,
  updateDeployment,
} from "./deployment/save.ts";
export { validateValues } from "./deployment/validate.ts";
export {
  deleteDeploymentVersion,
  paginateDeploymentVersions,
  promoteDeploymentVersion,
  readDeploymentVersion,
} from "./deployment/versions.ts";
export { countEvents } from "./event/count.ts";
export { EventFilter, toQuery } from "./event/filter.ts";
export { readFlowRunEvents } from "./event/of-run.ts";
export { type EventPage, filterEvents, filterEventsNext, postEvents, recordEvents, wireEvent } from "./event/verbs.ts";
export { explainDeployment } from "./explain/deployment.ts";
export { explainFlowRun } from "./explain/flow-run.ts";
export { explainConcurrencyLimit } from "./explain/limit.ts";
export { explainTaskRun } from "./explain/task-run.ts";
export { explainWorkQueue } from "./explain/work-queue.ts";
export { keepHistory } from "./fleet/keep-history.ts";
export { planSchedules } from "./fleet/plan-schedules.ts";
export { reclaimSlots } from "./fleet/reclaim-slots.ts";
export { reconcileCleanups } from "./fleet/reconcile-cleanups.ts";
export {
  keepServedReady,
  poolsToServe,
  type Submission,
  type Submitter,
  submitAbandoned,
  submitDueRuns,
} from "./fleet/submit-runs.ts";
export { cancelChildren, endCancelling, endOrphaned, endPaused, markLateRuns } from "./fleet/watch-runs.ts";
export { watchSilence } from "./fleet/watch-silence.ts";
export { markUnready } from "./fleet/watch-workers.ts";
export {
  countFlows,
  createFlow,
  deleteFlow,
  deleteFlows,
  filterFlows,
  paginateFlows,
  readFlow,
  readFlowByName,
  updateFlow,
} from "./flow/verbs.ts";
export { setFlowRunStates } from "./flow-run/bulk-set-state.ts";
export { deleteFlowRun, updateFlowRun, updateFlowRunLabels } from "./flow-run/change.ts";
export { createFlowRun } from "./flow-run/create.ts";
export { readFlowRunGraph, readTaskRunDependencies } from "./flow-run/graph.ts";
export { flowRunHistory, taskRunHistory } from "./flow-run/history.ts";
export {
  createFlowRunInput,
  deleteFlowRunInput,
  filterFlowRunInputs,
  readFlowRunInput,
} from "./flow-run/inputs.ts";
export {
  averageLateness,
  countFlowRuns,
  deleteFlowRuns,
  filterFlowRuns,
  filterMinimalFlowRuns,
  paginateFlowRuns,
} from "./flow-run/lists.ts";
export { readFlowRun, readFlowRunState, readFlowRunStates } from "./flow-run/read.ts";
export { resumeFlowRun } from "./flow-run/resume.ts";
export { type OrchestrationResult, setFlowRunState } from "./flow-run/set-state.ts";
export { listFlowRunTimes, paginateFlowRunTimes } from "./flow-run/times.ts";
export {
  authenticate,
  authenticateAgain,
  forgetVerdicts,
  grantedAccount,
  grantedWorkspace,
  hashKey,
  type Identity,
  identify,
} from "./identity/authenticate.ts";
export { bootstrapLocalInstance, type LocalInstance } from "./identity/bootstrap.ts";
export {
  hasMyAccountPermission,
  listAccountPermissions,
  listWorkspaceScopes,
  readMe,
  readMyAccountPermissions,
  readMyAccounts,
  readMyWorkspaces,
} from "./identity/me.ts";
export { hashPassword, passwordMatches } from "./identity/password.ts";
export { definePersonalVerb, type PersonalCtx, type PersonalVerb } from "./identity/personal-verb.ts";
export { type Hint, type HintListener, type HintSubscription, subscribeHints } from "./live/outbox.ts";
export { type Stream, streamEvents, streamLogs } from "./live/streams.ts";
export { deliverTasks, type TaskSubscription } from "./live/task-deliveries.ts";
export {
  openWorkerChannel,
  type WorkerAgreement,
  type WorkerChannel,
  type WorkerChannelSink,
} from "./live/worker-channel.ts";
export { type Download, downloadLogs } from "./log/download.ts";
export { readFlowRunLogs } from "./log/of-run.ts";
export { filterLogs, tailLogs, wireLog, writeLogs } from "./log/verbs.ts";
export { planAhead } from "./schedule/plan-ahead.ts";
export { createSchedules, deleteSchedule, readSchedules, updateSchedule } from "./schedule/verbs.ts";
export type { Services } from "./services.ts";
export { createTaskRun, deleteTaskRun, setTaskRunState, updateTaskRun } from "./task-run/change.ts";
export {
  countTaskRuns,
  filterTaskRuns,
  paginateTaskRuns,
  readTaskRun,
  readTaskRunState,
  readTaskRunStates,
} from "./task-run/read.ts";
export { filterTaskWorkers } from "./task-run/workers.ts";
export type { Unchanging } from "./unchanging.ts";
export {
  countVariables,
  createVariable,
  deleteVariable,
  filterVariables,
  readVariable,
  updateVariable,
} from "./variable/verbs.ts";
export { readWorkPoolConcurrency } from "./work-pool/concurrency.ts";
export { offerFlowRuns } from "./work-pool/poll.ts";
export { previewWorkPoolConfiguration } from "./work-pool/preview.ts";
export { submittedTypes, workPoolTypesFor } from "./work-pool/types/all.ts";
export {
  countWorkPools,
  createWorkPool,
  deleteWorkPool,
  filterWorkPools,
  paginateWorkPools,
  readWorkPool,
  updateWorkPool,
} from "./work-pool/verbs.ts";
export { offerQueueRuns, readWorkQueueConcurrency, readWorkQueueStatus } from "./work-queue/health.ts";
export { checkWorkQueues, paginatePoolQueues, paginateWorkQueues } from "./work-queue/pages.ts";
export {
  createAgentQueue,
  createWorkQueue,
  deleteWorkQueue,
  deleteWorkQueueById,
  filterPoolQueues,
  filterWorkQueues,
  readAgentQueueByName,
  readWorkQueue,
  readWorkQueueById,
  updateWorkQueue,
  updateWorkQueueById,
} from "./work-queue/verbs.ts";
export { deleteWorker, filterWorkers, heartbeatWorker, paginateWorkers, readWorker } from "./worker/verbs.ts";
export { createWorkspace, filterWorkspaces } from "./workspace/of-account.ts";
export { deleteWorkspace, readWorkspace, updateWorkspace } from "./workspace/verbs.ts";
