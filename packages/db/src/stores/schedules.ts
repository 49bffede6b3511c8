import type { CatchUp, JsonText } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { createFlowRuns, type NewRun } from "../hot/flow-run-create.ts";
import { FLOW_RUN_KEY } from "../hot/flow-run-effects.ts";
import type { Scope } from "../scope.ts";
import { raw, type Sql, sql } from "../sql.ts";
import { stopMark } from "./stops.ts";

/** A schedule's row. */
export type ScheduleRow = {
  id: string;
  created: string;
  updated: string;
  deployment_id: string;
  schedule: JsonText;
  active: boolean;
  max_scheduled_runs: number | null;
  /** So many of its runs may be active at once; null: any number. */
  max_active_runs: number | null;
  parameters: JsonText;
  slug: string | null;
  catch_up: CatchUp;
  /** Every missed date is made up for: what the hosted API calls it. */
  catchup: boolean;
};

/** A schedule to create. Documents are JSON text; without a `catchUp` or `maxActiveRuns` it keeps that of the one it replaces. */
export type NewSchedule = {
  id: string;
  schedule: string;
  active: boolean;
  maxScheduledRuns: number | null;
  maxActiveRuns?: number | null | undefined;
  parameters: string;
  slug: string | null;
  catchUp: CatchUp | null;
};

/** A run of a schedule that waits beyond its time. `missed`: nobody asked for work since. */
export type OverdueRow = { id: string; due: string; missed: boolean };

/** A claimed schedule with all that its runs are made from. */
export type ClaimedSchedule = {
  id: string;
  schedule: JsonText;
  schedule_parameters: JsonText;
  slug: string | null;
  max_scheduled_runs: number | null;
  deployment_id: string;
  deployment_name: string;
  version: string | null;
  version_id: string | null;
  parameters: JsonText;
  tags: string[];
  labels: JsonText;
  flow_id: string;
  flow_name: string;
  work_pool_id: string | null;
  work_pool_name: string | null;
  work_pool_type: string | null;
  work_queue_id: string | null;
  work_queue_name: string | null;
  catch_up: CatchUp;
  planned_until: string | null;
  plan_at: string | null;
  /** Its runs that were due before now and still wait, oldest first, as `OverdueRow`s; read only where they matter. */
  overdue: JsonText;
  /** The idempotency keys of its deployment's runs that wait to be due within what is planned, with commas between. */
  ahead: string | null;
};

/** What planning a claimed schedule came to: its runs, and when it must be looked at again (null: never). */
export type PlannedSchedule = {
  id: string;
  planAt: string | null;
  plannedUntil: string | null;
  runs: NewRun[];
};

/** Rows that one statement inserts. */
const INSERT_AT_ONCE = 500;

/** Runs of a deployment that wait and are looked at in one go. */
const AT_ONCE = 1000;

/** The run of a row of dispatch, for a lateral join. */
const runOf = sql`
  select r.id, r.idempotency_key, r.created_by, r.state_name
    from flow_run r where r.workspace_id = w.workspace_id and r.id = w.flow_run_id offset 0`;

/** Runs a statement within a transaction. */
export type Query = <R extends Row = Row>(statement: Sql, prepared?: string) => Promise<R[]>;

/** Schedules of one workspace. Changes go through `deployments.change`, which plans anew. */
export function schedules(db: Db, scope: Scope) {
  const ws = scope.workspaceId;
  return {
    /** A deployment's schedules, last changed first. */
    async ofDeployment(deploymentId: string): Promise<ScheduleRow[]> {
      return db.query<ScheduleRow>(sql`
        select id, created, updated, deployment_id, schedule, active, max_scheduled_runs, max_active_runs, parameters, slug, catch_up,
               catch_up = 'all' as catchup
          from deployment_schedule where workspace_id = ${ws} and deployment_id = ${deploymentId} order by updated desc, id`);
    },

    /** Claims a deployment's active schedules, whoever plans them now, and gives their ids. */
    async claim(deploymentId: string, claim: string, until: string): Promise<string[]> {
      const rows = await db.query<{ id: string }>(sql`
        update deployment_schedule set claim = ${claim}::uuid, claim_until = ${until}::timestamptz
         where workspace_id = ${ws} and deployment_id = ${deploymentId} and active returning id`);
      return rows.map(({ id }) => id);
    },

    /**
     * The schedules among `ids` that this claim still holds. `offset 0` keeps each look-up by key one: of a workspace without
     * statistics PostgreSQL expects one row of each table, and would compare all of its deployments, and runs, with each schedule.
     */
    async claimed(ids: readonly string[], claim: string, now: string): Promise<ClaimedSchedule[]> {
      return db.query<ClaimedSchedule>(sql`
        select s.id, s.schedule, s.parameters as schedule_parameters, s.slug, s.max_scheduled_runs, d.id as deployment_id,
               d.name as deployment_name, d.version, d.version_id, d.parameters, d.tags, d.labels, d.flow_id, f.name as flow_name,
               d.work_pool_id, p.name as work_pool_name, p.type as work_pool_type, d.work_queue_id,
               coalesce(q.name, d.work_queue_name) as work_queue_name,
               s.catch_up, s.planned_until, s.plan_at,
               case when s.max_scheduled_runs is null and s.catch_up = 'all' then '[]'::json else (
                 select coalesce(json_agg(json_build_object('id', o.id, 'due', o.due_at,
                          'missed', greatest(d.last_polled, q.last_polled) is null
                            or greatest(d.last_polled, q.last_polled) < o.due_at) order by o.due_at), '[]'::json)
                   from (select r.id, w.due_at
                           from dispatch w cross join lateral (${runOf}) as r
                          where w.workspace_id = s.workspace_id and w.deployment_id = s.deployment_id
                            and w.due_at < ${now}::timestamptz and r.created_by->>'id' = s.id::text
                            and r.state_name <> 'AwaitingConcurrencySlot'
                          order by w.due_at limit ${AT_ONCE}) as o) end as overdue,
               case when s.planned_until > ${now}::timestamptz then (
                 select string_agg(a.idempotency_key, ',')
                   from (select r.idempotency_key
                           from dispatch w cross join lateral (${runOf}) as r
                          where w.workspace_id = s.workspace_id and w.deployment_id = s.deployment_id
                            and w.due_at >= ${now}::timestamptz and w.due_at <= s.planned_until
                          order by w.due_at limit ${AT_ONCE}) as a) end as ahead
          from deployment_schedule s
          cross join lateral (
            select * from deployment d where d.workspace_id = s.workspace_id and d.id = s.deployment_id offset 0) as d
          cross join lateral (
            select f.name from flow f where f.workspace_id = d.workspace_id and f.id = d.flow_id offset 0) as f
          left join work_pool p on p.workspace_id = d.workspace_id and p.id = d.work_pool_id
          left join work_queue q on q.workspace_id = d.workspace_id and q.id = d.work_queue_id
         where s.workspace_id = ${ws} and s.id = any(${ids}::uuid[]) and s.claim = ${claim}::uuid`);
    },

    /**
     * Stores what was planned, runs and next looks together, for the schedules that the claim holds to the end: a change
     * of one meanwhile took its claim, and what was planned from the old row is dropped. Gives how many runs are new.
     */
    async plan(claim: string, planned: readonly PlannedSchedule[]): Promise<number> {
      return db.transaction(async (query) => {
        const held = await query<{ id: string }>(sql`
          with held as (
            select workspace_id, id from deployment_schedule
             where workspace_id = ${ws} and id = any(${planned.map((one) => one.id)}::uuid[]) and claim = ${claim}::uuid
             order by id for update
          )
          update deployment_schedule s
             set plan_at = p.plan_at, planned_until = p.planned_until, claim = null, claim_until = null
            from unnest(${planned.map((one) => one.id)}::uuid[], ${planned.map((one) => one.planAt)}::timestamptz[],
                        ${planned.map((one) => one.plannedUntil)}::timestamptz[]) as p (id, plan_at, planned_until)
            join held on held.id = p.id
           where s.workspace_id = held.workspace_id and s.id = held.id returning s.id`);
        const ids = new Set(held.map((row) => row.id));
        const runs = planned.filter((one) => ids.has(one.id)).flatMap((one) => one.runs);
        let made = 0;
        for (let at = 0; at < runs.length; at += INSERT_AT_ONCE) {
          made += await createFlowRuns(query, scope, runs.slice(at, at + INSERT_AT_ONCE));
        }
        return made;
      });
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
  scope: Pick<Scope, "workspaceId" | "by">,
  deploymentId: string,
  made: readonly (NewSchedule & { pause?: string | null })[],
  now: string,
): Promise<void> {
  const paused = (one: (typeof made)[number]) =>
    one.active ? null : one.pause === undefined ? stopMark(scope, now) : one.pause;
  if (made.length === 0) return;
  const { workspaceId: ws } = scope;
  await query(sql`
    insert into deployment_schedule (workspace_id, id, created, updated, deployment_id, schedule, active, pause, max_scheduled_runs, max_active_runs, parameters, slug, catch_up)
    select ${ws}, i.id, ${now}, ${now}, ${deploymentId}, i.schedule::json, i.active, i.pause::json, i.max_scheduled_runs, i.max_active_runs, i.parameters::json, i.slug,
           coalesce(i.catch_up, 'latest')
      from unnest(${made.map((one) => one.id)}::uuid[], ${made.map((one) => one.schedule)}::text[], ${made.map((one) => one.active)}::bool[], ${made.map(paused)}::text[],
                  ${made.map((one) => one.maxScheduledRuns)}::int[], ${made.map((one) => one.maxActiveRuns ?? null)}::int[], ${made.map((one) => one.parameters)}::text[],
                  ${made.map((one) => one.slug)}::text[], ${made.map((one) => one.catchUp)}::text[])
             as i (id, schedule, active, pause, max_scheduled_runs, max_active_runs, parameters, slug, catch_up)`);
}

/**
 * Puts schedules in the place of a deployment's. Stock clients know nothing of catching up or active runs and deploy all
 * schedules anew: one of the same slug, or else of the same dates, keeps its settings, and who paused it if it stays paused.
 */
export async function replaceSchedules(
  query: Query,
  scope: Pick<Scope, "workspaceId" | "by">,
  deploymentId: string,
  made: readonly NewSchedule[],
  now: string,
): Promise<void> {
  const { workspaceId: ws } = scope;
  const gone = await query<
    Pick<ScheduleRow, "slug" | "schedule" | "active" | "catch_up" | "max_active_runs"> & { pause: JsonText | null }
  >(sql`
    delete from deployment_schedule where workspace_id = ${ws} and deployment_id = ${deploymentId}
    returning slug, schedule, active, catch_up, max_active_runs, pause`);
  const kept = made.map((one) => {
    const before =
      (one.slug !== null && gone.find((other) => other.slug === one.slug)) ||
      gone.find((other) => other.schedule.text === one.schedule);
    return {
      ...one,
      catchUp: one.catchUp ?? (before ? before.catch_up : null),
      maxActiveRuns: one.maxActiveRuns === undefined && before ? before.max_active_runs : one.maxActiveRuns,
      ...(before && !before.active ? { pause: before.pause?.text ?? null } : {}),
    };
  });
  await insertSchedules(query, scope, deploymentId, kept, now);
}

/**
 * Has every schedule of a deployment planned anew, at once, and takes them from whoever is planning them now: that one
 * has read what no longer holds. Inactive ones and those of a paused deployment are not planned at all.
 */
export async function wakeSchedules(query: Query, ws: string, deploymentId: string, now: string): Promise<void> {
  await query(sql`
    update deployment_schedule s
       set plan_at = case when s.active and not d.paused and not d.disabled then ${now}::timestamptz end, planned_until = null,
           claim = null, claim_until = null
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
      delete from flow_run r using chosen where r.workspace_id = ${ws} and r.id = chosen.id
      returning r.id, 0 as version, r.parent_flow_run_id
    ), waiting as (
      delete from dispatch d using gone where d.workspace_id = ${ws} and d.flow_run_id = gone.id
    )
    insert into outbox (workspace_id, noun, keys)
    select ${ws}, 'flow_run', '[' || string_agg(${raw(FLOW_RUN_KEY)}, ',') || ']' from gone having count(*) > 0`);
}
