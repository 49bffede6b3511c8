import type { RunFilters } from "@weir/contracts";
import { raw, type Sql, sql } from "../sql.ts";
import { anyOf, type Operator } from "./conditions.ts";
import {
  deploymentMatches,
  flowMatches,
  flowRunMatches,
  taskRunMatches,
  workPoolMatches,
  workQueueMatches,
} from "./nouns.ts";

// A list's body may filter by every related noun; each is an existence test through the relation, and all must hold.

/** Conditions on a flow run's row under `alias`. */
export function flowRunConditions(alias: string, filters: Partial<RunFilters>): Sql[] {
  const col = (name: string) => raw(`${alias}.${name}`);
  return [
    flowRunMatches(alias, filters.flow_runs),
    pointsTo(col("flow_id"), filters.flows),
    pointsTo(col("deployment_id"), filters.deployments),
    related(
      "flow",
      "f",
      flowMatches("f", filters.flows),
      sql`f.workspace_id = ${col("workspace_id")} and f.id = ${col("flow_id")}`,
    ),
    related(
      "task_run",
      "t",
      taskRunMatches("t", filters.task_runs),
      sql`t.workspace_id = ${col("workspace_id")} and t.flow_run_id = ${col("id")}`,
    ),
    related(
      "deployment",
      "d",
      deploymentMatches("d", filters.deployments),
      sql`d.workspace_id = ${col("workspace_id")} and d.id = ${col("deployment_id")}`,
    ),
    related(
      "work_pool",
      "p",
      workPoolMatches("p", filters.work_pools),
      sql`p.workspace_id = ${col("workspace_id")} and p.id = ${col("work_pool_id")}`,
    ),
    related(
      "work_queue",
      "q",
      workQueueMatches("q", filters.work_pool_queues ?? filters.work_queues),
      sql`q.workspace_id = ${col("workspace_id")} and q.id = ${col("work_queue_id")}`,
    ),
  ].filter((condition) => condition !== undefined);
}

/** Conditions on a task run's row under `alias`. */
export function taskRunConditions(alias: string, filters: Partial<RunFilters>): Sql[] {
  const { task_runs, ...others } = filters;
  const own = taskRunMatches(alias, task_runs);
  const ofRun = flowRunConditions("fr", others);
  const through =
    ofRun.length === 0
      ? undefined
      : sql`exists (select 1 from flow_run fr where fr.workspace_id = ${raw(alias)}.workspace_id and fr.id = ${raw(alias)}.flow_run_id
          and ${andAll(ofRun)})`;
  return [own, through].filter((condition) => condition !== undefined);
}

/** Conditions on a flow's row under `alias`. One deployment, and one run, must meet all that is asked of them. */
export function flowConditions(alias: string, filters: Partial<RunFilters>): Sql[] {
  const { flows, deployments, flow_runs, task_runs, work_pools } = filters;
  const here = sql`${raw(alias)}.workspace_id`;
  const runs = flowRunConditions("fr", { flow_runs, task_runs });
  const inPool = related(
    "work_pool",
    "p",
    workPoolMatches("p", work_pools),
    sql`p.workspace_id = ${here} and p.id = d.work_pool_id`,
  );
  const ofDeployment = [deploymentMatches("d", deployments), inPool].filter((condition) => condition !== undefined);
  return [
    flowMatches(alias, flows),
    related(
      "deployment",
      "d",
      ofDeployment.length > 0 ? andAll(ofDeployment) : undefined,
      sql`d.workspace_id = ${here} and d.flow_id = ${raw(alias)}.id`,
    ),
    related(
      "flow_run",
      "fr",
      runs.length > 0 ? andAll(runs) : undefined,
      sql`fr.workspace_id = ${here} and fr.flow_id = ${raw(alias)}.id`,
    ),
  ].filter((condition) => condition !== undefined);
}

/** Conditions on a deployment's row under `alias`. */
export function deploymentConditions(alias: string, filters: Partial<RunFilters>): Sql[] {
  const { flows, deployments, flow_runs, task_runs, work_pools, work_pool_queues, work_queues } = filters;
  const here = sql`${raw(alias)}.workspace_id`;
  const runs = flowRunConditions("fr", { flow_runs, task_runs });
  return [
    deploymentMatches(alias, deployments),
    related("flow", "f", flowMatches("f", flows), sql`f.workspace_id = ${here} and f.id = ${raw(alias)}.flow_id`),
    related(
      "flow_run",
      "fr",
      runs.length > 0 ? andAll(runs) : undefined,
      sql`fr.workspace_id = ${here} and fr.deployment_id = ${raw(alias)}.id`,
    ),
    related(
      "work_pool",
      "p",
      workPoolMatches("p", work_pools),
      sql`p.workspace_id = ${here} and p.id = ${raw(alias)}.work_pool_id`,
    ),
    related(
      "work_queue",
      "q",
      workQueueMatches("q", work_pool_queues ?? work_queues),
      sql`q.workspace_id = ${here} and q.id = ${raw(alias)}.work_queue_id`,
    ),
  ].filter((condition) => condition !== undefined);
}

/**
 * What a filter by a related noun's ids says of the column that points there. The existence test implies it; said openly,
 * it is found by index where the planner would walk all runs in the hope of meeting a page of matches.
 */
function pointsTo(
  column: Sql,
  filter:
    | { operator?: Operator; id?: { any_?: readonly string[] | null | undefined } | null | undefined }
    | null
    | undefined,
): Sql | undefined {
  return filter?.operator === "or_" ? undefined : anyOf(column, filter?.id?.any_, "uuid");
}

function related(table: string, alias: string, condition: Sql | undefined, relation: Sql): Sql | undefined {
  return condition && sql`exists (select 1 from ${raw(table)} ${raw(alias)} where ${relation} and ${condition})`;
}

function andAll(conditions: readonly Sql[]): Sql {
  return conditions.reduce((left, right) => sql`${left} and ${right}`);
}
