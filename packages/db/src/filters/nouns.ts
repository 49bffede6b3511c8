import type {
  DeploymentFilter,
  FlowFilter,
  FlowRunFilter,
  TaskRunFilter,
  WorkPoolFilter,
  WorkQueueFilter,
} from "@weir/contracts";
import { raw, type Sql, sql } from "../sql.ts";
import {
  among,
  anyOf,
  both,
  combine,
  identified,
  idOrNull,
  inState,
  named,
  nullness,
  tagged,
  within,
} from "./conditions.ts";

// Each function gives the condition on one noun's row under `alias`, or undefined when there is no filter. A member that is
// there but asks for nothing is met by every row, so in an alternative every row is found.

/** Flows. */
export function flowMatches(alias: string, filter: FlowFilter): Sql | undefined {
  if (!filter) return undefined;
  const col = column(alias);
  const isNull = filter.deployment?.is_null_;
  const deployed = sql`exists (select 1 from deployment x where x.workspace_id = ${col("workspace_id")} and x.flow_id = ${col("id")})`;
  return combine(filter.operator, [
    identified(col("id"), filter.id),
    filter.deployment && both(isNull === true ? sql`not ${deployed}` : isNull === false ? deployed : undefined),
    named(col("name"), filter.name),
    tagged(col("tags"), filter.tags),
  ]);
}

/** Flow runs. */
export function flowRunMatches(alias: string, filter: FlowRunFilter): Sql | undefined {
  if (!filter) return undefined;
  const col = column(alias);
  const queue = filter.work_queue_name;
  const creator = filter.created_by;
  const started = sql`coalesce(${col("start_time")}, ${col("expected_start_time")})`;
  return combine(filter.operator, [
    identified(col("id"), filter.id),
    named(col("name"), filter.name),
    tagged(col("tags"), filter.tags),
    idOrNull(col("deployment_id"), filter.deployment_id),
    queue &&
      combine(queue.operator, [
        anyOf(col("work_queue_name"), queue.any_, "text"),
        nullness(col("work_queue_name"), queue.is_null_),
      ]),
    inState(alias, filter.state),
    among(col("flow_version"), filter.flow_version),
    within(started, filter.start_time, col("start_time")),
    within(col("end_time"), filter.end_time),
    within(col("expected_start_time"), filter.expected_start_time),
    within(col("next_scheduled_start_time"), filter.next_scheduled_start_time),
    idOrNull(col("parent_flow_run_id"), filter.parent_flow_run_id),
    idOrNull(col("parent_task_run_id"), filter.parent_task_run_id),
    among(col("idempotency_key"), filter.idempotency_key),
    creator &&
      combine(creator.operator, [
        creator.id_ ? sql`${col("created_by")}->>'id' = any(${creator.id_}::text[])` : undefined,
        creator.type_ ? sql`${col("created_by")}->>'type' = any(${creator.type_}::text[])` : undefined,
        nullness(col("created_by"), creator.is_null_),
      ]),
  ]);
}

/** Task runs. */
export function taskRunMatches(alias: string, filter: TaskRunFilter): Sql | undefined {
  if (!filter) return undefined;
  const col = column(alias);
  const hasSubflow = filter.subflow_runs?.exists_;
  const subflow = sql`exists (select 1 from flow_run x where x.workspace_id = ${col("workspace_id")}
    and x.parent_flow_run_id = ${col("flow_run_id")} and x.parent_task_run_id = ${col("id")})`;
  return combine(filter.operator, [
    identified(col("id"), filter.id),
    named(col("name"), filter.name),
    tagged(col("tags"), filter.tags),
    inState(alias, filter.state),
    within(col("start_time"), filter.start_time),
    within(col("end_time"), filter.end_time),
    within(col("expected_start_time"), filter.expected_start_time),
    filter.subflow_runs && both(hasSubflow === true ? subflow : hasSubflow === false ? sql`not ${subflow}` : undefined),
    filter.flow_run_id && ofFlowRun(col("flow_run_id"), filter.flow_run_id),
  ]);
}

/** Being of no flow run overrules a list of them, and being of one adds nothing to it: whatever the operator. */
function ofFlowRun(column: Sql, { any_, is_null_ }: NonNullable<NonNullable<TaskRunFilter>["flow_run_id"]>): Sql {
  if (is_null_ === true) return both(nullness(column, true));
  return both(any_ ? anyOf(column, any_, "uuid") : nullness(column, is_null_));
}

/** Deployments. */
export function deploymentMatches(alias: string, filter: DeploymentFilter): Sql | undefined {
  if (!filter) return undefined;
  const col = column(alias);
  const text = filter.flow_or_deployment_name?.like_;
  const limit = filter.concurrency_limit;
  return combine(filter.operator, [
    identified(col("id"), filter.id),
    named(col("name"), filter.name),
    filter.flow_or_deployment_name &&
      both(
        text
          ? sql`(${col("name")} ilike ${`%${text}%`} or exists (select 1 from flow x where x.workspace_id = ${col("workspace_id")}
              and x.id = ${col("flow_id")} and x.name ilike ${`%${text}%`}))`
          : undefined,
      ),
    filter.paused &&
      both(typeof filter.paused.eq_ === "boolean" ? sql`${col("paused")} = ${filter.paused.eq_}` : undefined),
    tagged(col("tags"), filter.tags),
    among(col("work_queue_name"), filter.work_queue_name),
    idOrNull(col("work_queue_id"), filter.work_queue_id),
    limit &&
      both(
        typeof limit.ge_ === "number" ? sql`${col("concurrency_limit")} >= ${limit.ge_}` : undefined,
        typeof limit.le_ === "number" ? sql`${col("concurrency_limit")} <= ${limit.le_}` : undefined,
        nullness(col("concurrency_limit"), limit.is_null_),
      ),
  ]);
}

/** Work pools. */
export function workPoolMatches(alias: string, filter: WorkPoolFilter): Sql | undefined {
  if (!filter) return undefined;
  const col = column(alias);
  return combine(filter.operator, [
    identified(col("id"), filter.id),
    among(col("name"), filter.name),
    among(col("type"), filter.type),
  ]);
}

/** Work queues. */
export function workQueueMatches(alias: string, filter: WorkQueueFilter): Sql | undefined {
  if (!filter) return undefined;
  const col = column(alias);
  const prefixes = filter.name?.startswith_;
  return combine(filter.operator, [
    identified(col("id"), filter.id),
    filter.name &&
      both(
        anyOf(col("name"), filter.name.any_, "text"),
        prefixes && prefixes.length > 0
          ? sql`${col("name")} ilike any(${prefixes.map((prefix) => `${prefix}%`)}::text[])`
          : undefined,
      ),
  ]);
}

/** `alias.name` as SQL. */
function column(alias: string): (name: string) => Sql {
  return (name) => raw(`${alias}.${name}`);
}
