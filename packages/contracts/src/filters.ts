import { z } from "zod";
import { Uuid } from "./ids.ts";
import { Instant } from "./inputs.ts";
import { stateTypes } from "./states.ts";

// Members that are null or absent do not constrain; an empty `any_` matches nothing. Unknown members are refused.

const uuids = z.array(Uuid).nullish();
const strings = z.array(z.string()).nullish();
const flag = z.boolean().nullish();
const number = z.number().nullish();
const operator = z.enum(["and_", "or_"]).nullish();

const ById = z.strictObject({ any_: uuids }).nullish();
const ByIdNot = z.strictObject({ any_: uuids, not_any_: uuids }).nullish();
const ByName = z.strictObject({ any_: strings, like_: z.string().nullish() }).nullish();
const ByTags = z.strictObject({ operator, all_: strings, any_: strings, is_null_: flag }).nullish();
const ByTime = z.strictObject({ before_: Instant.nullish(), after_: Instant.nullish() }).nullish();
const ByTimeOrNull = z
  .strictObject({ before_: Instant.nullish(), after_: Instant.nullish(), is_null_: flag })
  .nullish();
const ByIdOrNull = z.strictObject({ operator, any_: uuids, is_null_: flag }).nullish();

const ByState = z
  .strictObject({
    operator,
    type: z
      .strictObject({ any_: z.array(z.enum(stateTypes)).nullish(), not_any_: z.array(z.enum(stateTypes)).nullish() })
      .nullish(),
    name: z.strictObject({ any_: strings, not_any_: strings }).nullish(),
  })
  .nullish();

/** Filter of flows. */
export const FlowFilter = z
  .strictObject({
    operator,
    id: ByIdNot,
    deployment: z.strictObject({ operator, is_null_: flag }).nullish(),
    name: ByName,
    tags: ByTags,
  })
  .nullish();

/** Filter of flow runs. */
export const FlowRunFilter = z
  .strictObject({
    operator,
    id: ByIdNot,
    name: ByName,
    tags: ByTags,
    deployment_id: ByIdOrNull,
    work_queue_name: z.strictObject({ operator, any_: strings, is_null_: flag }).nullish(),
    state: ByState,
    flow_version: z.strictObject({ any_: strings }).nullish(),
    start_time: ByTimeOrNull,
    end_time: ByTimeOrNull,
    expected_start_time: ByTime,
    next_scheduled_start_time: ByTime,
    parent_flow_run_id: ByIdOrNull,
    parent_task_run_id: ByIdOrNull,
    idempotency_key: z.strictObject({ any_: strings, not_any_: strings }).nullish(),
    created_by: z.strictObject({ operator, id_: uuids, type_: strings, is_null_: flag }).nullish(),
  })
  .nullish();

/** Filter of task runs. */
export const TaskRunFilter = z
  .strictObject({
    operator,
    id: ById,
    name: ByName,
    tags: ByTags,
    state: ByState,
    start_time: ByTimeOrNull,
    end_time: ByTimeOrNull,
    expected_start_time: ByTime,
    subflow_runs: z.strictObject({ exists_: flag }).nullish(),
    flow_run_id: ByIdOrNull,
  })
  .nullish();

/** Filter of deployments. */
export const DeploymentFilter = z
  .strictObject({
    operator,
    id: ByIdNot,
    name: ByName,
    flow_or_deployment_name: z.strictObject({ like_: z.string().nullish() }).nullish(),
    paused: z.strictObject({ eq_: flag }).nullish(),
    tags: z.strictObject({ operator, all_: strings, any_: strings, is_null_: flag }).nullish(),
    work_queue_name: z.strictObject({ any_: strings }).nullish(),
    work_queue_id: ByIdOrNull,
    concurrency_limit: z.strictObject({ ge_: number, le_: number, is_null_: flag }).nullish(),
  })
  .nullish();

/** Filter of work pools. */
export const WorkPoolFilter = z
  .strictObject({
    operator,
    id: ById,
    name: z.strictObject({ any_: strings }).nullish(),
    type: z.strictObject({ any_: strings }).nullish(),
  })
  .nullish();

/** Filter of work queues. */
export const WorkQueueFilter = z
  .strictObject({ operator, id: ById, name: z.strictObject({ any_: strings, startswith_: strings }).nullish() })
  .nullish();

/** Filter of workers. */
export const WorkerFilter = z
  .strictObject({
    operator,
    last_heartbeat_time: ByTime,
    status: z
      .strictObject({
        any_: z.array(z.enum(["ONLINE", "OFFLINE"])).nullish(),
        not_any_: z.array(z.enum(["ONLINE", "OFFLINE"])).nullish(),
      })
      .nullish(),
  })
  .nullish();

/** Filter of log lines. */
export const LogFilter = z
  .strictObject({
    operator,
    level: z.strictObject({ ge_: z.number().nullish(), le_: z.number().nullish() }).nullish(),
    timestamp: ByTime,
    flow_run_id: ById,
    task_run_id: ByIdOrNull,
    worker_id: ById,
    loggers: z.strictObject({ any_: strings }).nullish(),
    text: z.strictObject({ query: z.string().max(200, "String should have at most 200 characters") }).nullish(),
  })
  .nullish();

/** Filter of artifacts, and of their collections (`latest_id` instead of `id`). */
export const ArtifactFilter = z
  .strictObject({
    operator,
    id: ById,
    latest_id: ById,
    key: z.strictObject({ any_: strings, like_: z.string().nullish(), exists_: flag }).nullish(),
    flow_run_id: ById,
    task_run_id: ById,
    type: z.strictObject({ any_: strings, not_any_: strings }).nullish(),
  })
  .nullish();

/** Filter of variables. */
export const VariableFilter = z.strictObject({ operator, id: ById, name: ByName, tags: ByTags }).nullish();

/** The sub-filters of different kinds that a run list's body may hold; all must hold at once. */
export const RunFilters = z.object({
  flows: FlowFilter,
  flow_runs: FlowRunFilter,
  task_runs: TaskRunFilter,
  deployments: DeploymentFilter,
  work_pools: WorkPoolFilter,
  work_pool_queues: WorkQueueFilter,
  work_queues: WorkQueueFilter,
});

/** Parsed filters; a member is `undefined` or null when it does not constrain. */
export type RunFilters = z.output<typeof RunFilters>;
export type FlowFilter = z.output<typeof FlowFilter>;
export type FlowRunFilter = z.output<typeof FlowRunFilter>;
export type TaskRunFilter = z.output<typeof TaskRunFilter>;
export type DeploymentFilter = z.output<typeof DeploymentFilter>;
export type WorkPoolFilter = z.output<typeof WorkPoolFilter>;
export type WorkQueueFilter = z.output<typeof WorkQueueFilter>;
export type WorkerFilter = z.output<typeof WorkerFilter>;
export type LogFilter = z.output<typeof LogFilter>;
export type ArtifactFilter = z.output<typeof ArtifactFilter>;
export type VariableFilter = z.output<typeof VariableFilter>;

const sorts = {
  flow: ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"],
  flowRun: [
    "ID_DESC",
    "START_TIME_ASC",
    "START_TIME_DESC",
    "EXPECTED_START_TIME_ASC",
    "EXPECTED_START_TIME_DESC",
    "NAME_ASC",
    "NAME_DESC",
    "NEXT_SCHEDULED_START_TIME_ASC",
    "END_TIME_DESC",
  ],
  taskRun: [
    "ID_DESC",
    "EXPECTED_START_TIME_ASC",
    "EXPECTED_START_TIME_DESC",
    "NAME_ASC",
    "NAME_DESC",
    "NEXT_SCHEDULED_START_TIME_ASC",
    "END_TIME_DESC",
  ],
  named: ["NAME_ASC", "NAME_DESC", "CREATED_DESC", "UPDATED_DESC"],
  workPool: ["NAME_ASC", "NAME_DESC"],
  worker: [
    "LAST_HEARTBEAT_DESC",
    "LAST_HEARTBEAT_ASC",
    "NAME_ASC",
    "NAME_DESC",
    "STATUS_ASC",
    "STATUS_DESC",
    "CLIENT_VERSION_ASC",
    "CLIENT_VERSION_DESC",
  ],
  log: ["TIMESTAMP_ASC", "TIMESTAMP_DESC"],
  artifact: ["ID_DESC", "CREATED_DESC", "UPDATED_DESC", "KEY_ASC", "KEY_DESC"],
} as const;

/** Orders of each list, the default first; null and absent mean the default. */
export const FlowSort = z
  .enum(sorts.flow)
  .nullish()
  .transform((sort) => sort ?? "NAME_ASC");
export const FlowRunSort = z
  .enum(sorts.flowRun)
  .nullish()
  .transform((sort) => sort ?? "ID_DESC");
export const TaskRunSort = z
  .enum(sorts.taskRun)
  .nullish()
  .transform((sort) => sort ?? "ID_DESC");
export const DeploymentSort = z
  .enum(sorts.named)
  .nullish()
  .transform((sort) => sort ?? "NAME_ASC");
export const WorkPoolSort = z
  .enum(sorts.workPool)
  .nullish()
  .transform((sort) => sort ?? "NAME_ASC");
export const WorkerSort = z
  .enum(sorts.worker)
  .nullish()
  .transform((sort) => sort ?? "LAST_HEARTBEAT_DESC");
export const VariableSort = z
  .enum(sorts.named)
  .nullish()
  .transform((sort) => sort ?? "NAME_ASC");
export const LogSort = z
  .enum(sorts.log)
  .nullish()
  .transform((sort) => sort ?? "TIMESTAMP_ASC");
export const ArtifactSort = z
  .enum(sorts.artifact)
  .nullish()
  .transform((sort) => sort ?? "ID_DESC");
export type FlowSort = z.output<typeof FlowSort>;
export type FlowRunSort = z.output<typeof FlowRunSort>;
export type TaskRunSort = z.output<typeof TaskRunSort>;
export type DeploymentSort = z.output<typeof DeploymentSort>;
export type WorkPoolSort = z.output<typeof WorkPoolSort>;
export type WorkerSort = z.output<typeof WorkerSort>;
export type VariableSort = z.output<typeof VariableSort>;
export type LogSort = z.output<typeof LogSort>;
export type ArtifactSort = z.output<typeof ArtifactSort>;
