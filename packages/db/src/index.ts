export {
  type AccountPatch,
  type AccountRow,
  identities,
  type KeyOwner,
  type NewWorkspace,
  openAccount,
  type ReachableWorkspace,
  type WorkspaceQuery,
} from "./account-store.ts";
export { type ApiKeyQuery, type ApiKeyRow, apiKeys, type NewApiKey } from "./api-key-store.ts";
export { Batcher } from "./batcher.ts";
export { type Db, type DbOptions, openDb, sqlState } from "./client.ts";
export { databaseNow } from "./clock.ts";
export type { EventQuery, RelatedQuery } from "./filters/events.ts";
export { type FleetId, type FleetWorkspace, fleet } from "./fleet-store.ts";
export type { DeploymentForRuns } from "./hot/deployment-read.ts";
export type { EventRecord, TaskRunFact } from "./hot/event-record.ts";
export type { FlowRow } from "./hot/flow-read.ts";
export type { FlowRunCommit } from "./hot/flow-run-commit.ts";
export type { FlowRunCreate } from "./hot/flow-run-create.ts";
export type { FlowRunForTransition } from "./hot/flow-run-load.ts";
export type { FlowRunRow } from "./hot/flow-run-row.ts";
export { type Hot, openHot } from "./hot/hot.ts";
export type { LogLine } from "./hot/log-write.ts";
export { Memory } from "./memory.ts";
export { MigrationError, migrate } from "./migrate.ts";
export type { Page, Position } from "./page.ts";
export { maintainPartitions } from "./partitions.ts";
export { type Sql, sql } from "./sql.ts";
export type { ArtifactCollectionRow, ArtifactRow, NewArtifact } from "./stores/artifacts.ts";
export type { ClaimedCleanup, CleanupConsumer, DeadCleanup, NewCleanup, SettledCleanup } from "./stores/cleanups.ts";
export type {
  ConcurrencyLimitKey,
  ConcurrencyLimitPatch,
  ConcurrencyLimitRow,
} from "./stores/concurrency-limits.ts";
export type { CountOf, NextRun, OutcomeCell } from "./stores/counts.ts";
export type { DeploymentVersionRow } from "./stores/deployment-versions.ts";
export type { DeploymentFields, DeploymentRow, ScheduleChanges, SchedulePatch } from "./stores/deployments.ts";
export type { Offer, PollWindow, QueueFilter } from "./stores/dispatch.ts";
export type { EventCount, EventRow } from "./stores/events.ts";
export type { FlowRunInputRow, NewFlowRunInput } from "./stores/flow-run-inputs.ts";
export type { FlowRunPatch, StateRow } from "./stores/flow-runs.ts";
export type { LogRow } from "./stores/logs.ts";
export { type OutboxPosition, type OutboxRow, outbox } from "./stores/outbox.ts";
export type { WorkspacePatch, WorkspaceRow } from "./stores/own-workspace.ts";
export type { ClaimedTask, TaskWorkerRow } from "./stores/queued-tasks.ts";
export type { GraphArtifactRow, GraphRunRow } from "./stores/run-graphs.ts";
export type { HistoryCell } from "./stores/run-history.ts";
export type { ClaimedSchedule, NewSchedule, OverdueRow, PlannedSchedule, ScheduleRow } from "./stores/schedules.ts";
export type { Freed } from "./stores/slot-sql.ts";
export type { SlotAskers, SlotCommit, SlotLimitLeft, SlotLimitRow } from "./stores/slots.ts";
export type { RunChange, RunSlotEffect } from "./stores/store-transition.ts";
export type { TaskRunWrite } from "./stores/task-run-write.ts";
export type { CachedState, TaskRunCreate, TaskRunForTransition, TaskRunRow } from "./stores/task-runs.ts";
export type { VariableKey, VariableRow } from "./stores/variables.ts";
export type { SeenWorker, StopsRow, WaitingPlaceRow } from "./stores/waiting.ts";
export { UNREACHABLE_EVENT, WATCHDOG_LOGGER, type WitnessRow } from "./stores/witnesses.ts";
export type { NewWorkPool, WorkPlace, WorkPoolPatch, WorkPoolRow } from "./stores/work-pools.ts";
export type { NewWorkQueue, SlotHolder, WorkQueuePatch, WorkQueueRow } from "./stores/work-queues.ts";
export type { WorkerRow } from "./stores/workers.ts";
export { openWorkspace, type WorkspaceStore } from "./workspace-store.ts";
