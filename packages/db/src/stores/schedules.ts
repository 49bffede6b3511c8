import type { JsonText } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { type Sql, sql } from "../sql.ts";
import type { Scope } from "../workspace-store.ts";

/** A schedule's row. */
export type ScheduleRow = {
  id: string;
  created: string;
  updated: string;
  deployment_id: string;
  schedule: JsonText;
  active: boolean;
  max_scheduled_runs: number | null;
  parameters: JsonText;
  slug: string | null;
};

/** A schedule to create. Documents are JSON text. */
export type NewSchedule = {
  id: string;
  schedule: string;
  active: boolean;
  maxScheduledRuns: number | null;
  parameters: string;
  slug: string | null;
};

/** Runs a statement within a transaction. */
export type Query = <R extends Row = Row>(statement: Sql) => Promise<R[]>;

/** Schedules of one workspace. Changes go through `deployments.change`, which plans anew. */
export function schedules(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** A deployment's schedules, last changed first. */
    async ofDeployment(deploymentId: string): Promise<ScheduleRow[]> {
      return db.query<ScheduleRow>(sql`
        select id, created, updated, deployment_id, schedule, active, max_scheduled_runs, parameters, slug
          from deployment_schedule where workspace_id = ${ws} and deployment_id = ${deploymentId} order by updated desc, id`);
    },

    /** Deletes a schedule and every run planned for its deployment; the other schedules are planned anew. */
    async remove(deploymentId: string, id: string, now: string): Promise<boolean> {
      return db.transaction(async (query) => {
        const rows = await query(sql`
          delete from deployment_schedule where workspace_id = ${ws} and deployment_id = ${deploymentId} and id = ${id} returning id`);
        if (rows.length === 0) return false;
        await wakeSchedules(query, ws, deploymentId, now);
        await dropPlannedRuns(query, ws, deploymentId, {});
        return true;
      });
    },
  };
}

/** Inserts schedules of a deployment, not yet planned. */
export async function insertSchedules(
  query: Query,
  ws: string,
  deploymentId: string,
  made: readonly NewSchedule[],
  now: string,
): Promise<void> {
  if (made.length === 0) return;
  await query(sql`
    insert into deployment_schedule (workspace_id, id, created, updated, deployment_id, schedule, active, max_scheduled_runs, parameters, slug)
    select ${ws}, i.id, ${now}, ${now}, ${deploymentId}, i.schedule::json, i.active, i.max_scheduled_runs, i.parameters::json, i.slug
      from unnest(${made.map((one) => one.id)}::uuid[], ${made.map((one) => one.schedule)}::text[], ${made.map((one) => one.active)}::bool[],
                  ${made.map((one) => one.maxScheduledRuns)}::int[], ${made.map((one) => one.parameters)}::text[],
                  ${made.map((one) => one.slug)}::text[]) as i (id, schedule, active, max_scheduled_runs, parameters, slug)`);
}

/**
 * Has every schedule of a deployment planned anew, at once, and takes them from whoever is planning them now: that one
 * has read what no longer holds. Inactive ones and those of a paused deployment are not planned at all.
 */
export async function wakeSchedules(query: Query, ws: string, deploymentId: string, now: string): Promise<void> {
  await query(sql`
    update deployment_schedule s
       set plan_at = case when s.active and not d.paused then ${now}::timestamptz end, claim = null, claim_until = null
      from deployment d
     where s.workspace_id = ${ws} and s.deployment_id = ${deploymentId} and d.workspace_id = s.workspace_id and d.id = s.deployment_id`);
}

/**
 * Deletes a deployment's runs that wait and never started: those the scheduler made (`alsoAskedFor`: all), due after
 * `after` or at any time. Runs that wait for a concurrency slot stay.
 */
export async function dropPlannedRuns(
  query: Query,
  ws: string,
  deploymentId: string,
  { after, alsoAskedFor = false }: { after?: string; alsoAskedFor?: boolean },
): Promise<void> {
  const due = after === undefined ? sql`` : sql` and d.due_at >= ${after}::timestamptz`;
  const origin = alsoAskedFor ? sql`` : sql` and r.auto_scheduled`;
  await query(sql`
    with planned as (
      select d.flow_run_id as id from dispatch d where d.workspace_id = ${ws} and d.deployment_id = ${deploymentId}${due}
    ), chosen as (
      select r.id from planned join flow_run r on r.workspace_id = ${ws} and r.id = planned.id
       where r.state_type = 'SCHEDULED' and r.run_count = 0 and r.state_name <> 'AwaitingConcurrencySlot'${origin}
       order by r.id for update of r
    ), gone as (
      delete from flow_run r using chosen where r.workspace_id = ${ws} and r.id = chosen.id returning r.id
    ), waiting as (
      delete from dispatch d using gone where d.workspace_id = ${ws} and d.flow_run_id = gone.id
    )
    insert into outbox (workspace_id, noun, keys)
    select ${ws}, 'flow_run', '[' || string_agg('["' || id || '",0]', ',') || ']' from gone having count(*) > 0`);
}
