import type { AccountId, WorkspaceId } from "@weir/contracts";
import type { Db } from "./client.ts";
import { toldChanges } from "./facts.ts";
import { ENDED, type Forgotten, forgetRuns } from "./forget-runs.ts";
import { maintainPartitions } from "./partitions.ts";
import { servedPools } from "./served-pools.ts";
import { raw, type Sql, sql } from "./sql.ts";
import { expired, taken } from "./stores/slot-sql.ts";
import { UNREACHABLE_EVENT, WATCHDOG_LOGGER } from "./stores/witnesses.ts";

/** A row of some workspace, by its ids alone: what it holds is read through that workspace's store. */
export type FleetId = { workspace_id: WorkspaceId; id: string };

/** What a grant for a background loop is made from. */
export type FleetWorkspace = { workspaceId: WorkspaceId; accountId: AccountId; retentionDays: number };

/** Of one workspace at most this many rows are handed out at once, so that a busy one does not hold up the others. */
const PER_WORKSPACE = 100;

/** Scans across workspaces for background loops: ids and due times only. For `operations/src/fleet` alone. */
export function fleet(db: Db) {
  return {
    ...servedPools(db),

    /** The workspaces of these ids that still exist. */
    async workspaces(ids: readonly string[]): Promise<FleetWorkspace[]> {
      return db.query<FleetWorkspace>(sql`
        select id as "workspaceId", account_id as "accountId", retention_days as "retentionDays"
          from workspace where id = any(${ids}::uuid[])`);
    },

    /**
     * Claims schedules that are due to be planned, oldest first and turn by turn between workspaces. Nobody else gets them
     * until `until`; every later write names the claim.
     * What is due is judged again as it is locked, in words that no index serves: where many have come due since the table was
     * analyzed, PostgreSQL expects none, and would look all of them up again for each.
     */
    async claimSchedules(claim: string, now: string, until: string, limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        with due as (
          select workspace_id, id, plan_at, row_number() over (partition by workspace_id order by plan_at, id) as turn
            from deployment_schedule
           where plan_at <= ${now}::timestamptz and (claim_until is null or claim_until <= ${now}::timestamptz)
        ), mine as (
          select s.workspace_id, s.id from due join deployment_schedule s on s.workspace_id = due.workspace_id and s.id = due.id
           where coalesce(s.plan_at, 'infinity') <= ${now}::timestamptz and coalesce(s.claim_until, '-infinity') <= ${now}::timestamptz
           order by due.turn, due.plan_at limit ${limit} for update of s skip locked
        )
        update deployment_schedule s set claim = ${claim}::uuid, claim_until = ${until}::timestamptz from mine
         where s.workspace_id = mine.workspace_id and s.id = mine.id returning s.workspace_id, s.id`);
    },

    /** Runs that are named Scheduled and were due before `due`, turn by turn between workspaces. */
    async lateRuns(due: string, limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select workspace_id, id from (
          select workspace_id, flow_run_id as id, due_at, row_number() over (partition by workspace_id order by due_at) as turn
            from dispatch where may_be_late and due_at <= ${due}::timestamptz
        ) as late order by turn, due_at limit ${limit}`);
    },

    /** Late runs of deployments that cancel what finds no slot, whose limit is full; only those due before `due`. */
    async lateWithoutSlot(due: string, limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select w.workspace_id, w.flow_run_id as id
          from deployment d
          join concurrency_limit l on l.workspace_id = d.workspace_id and l.id = d.concurrency_limit_id
          join dispatch w on w.workspace_id = d.workspace_id and w.deployment_id = d.id
          join flow_run r on r.workspace_id = w.workspace_id and r.id = w.flow_run_id and r.state_name = 'Late'
         where d.concurrency_limit_id is not null and d.concurrency_options->>'collision_strategy' = 'CANCEL_NEW'
           and l.active and l.slot_limit - ${taken} + ${expired} < 1
           and w.due_at <= ${due}::timestamptz and not w.may_be_late
         order by w.due_at limit ${limit}`);
    },

    /**
     * Runs that are due and wait for whoever may start them, though their deployment was deleted; longest due first. Both
     * values of `may_be_late` are named for the sake of its index, which leads to what is due.
     */
    async orphanedRuns(now: string, limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select d.workspace_id, d.flow_run_id as id from dispatch d
         where d.may_be_late = any('{true,false}'::bool[]) and d.due_at <= ${now}::timestamptz and not d.in_process
           and d.deployment_id is not null and not exists (
             select from deployment o where o.workspace_id = d.workspace_id and o.id = d.deployment_id)
         order by d.due_at limit ${limit}`);
    },

    /** Runs that entered CANCELLING before `before` and are in it still. */
    cancelling: (before: string) =>
      inWorkspaces(db, sql`r.state_type = 'CANCELLING' and r.state_timestamp <= ${before}::timestamptz`),

    /** Paused runs that nobody resumed in time. */
    pausedBeyond: (now: string) =>
      inWorkspaces(
        db,
        sql`r.state_type = 'PAUSED' and (r.state_details->>'pause_timeout')::timestamptz <= ${now}::timestamptz`,
      ),

    /** Runs that entered RUNNING before `before` and sent no event and no log line since, though they sent heartbeats. */
    silentRuns: (before: string) =>
      inWorkspaces(
        db,
        sql`r.state_type = 'RUNNING' and r.state_timestamp <= ${before}::timestamptz
          and not exists (${signsOfLife} and e.occurred > ${before}::timestamptz and v.name <> ${UNREACHABLE_EVENT})
          and not exists (
            select from log l where l.workspace_id = r.workspace_id and l.retention_days = w.retention_days
               and l.flow_run_id = r.id and l.timestamp > ${before}::timestamptz and l.name <> ${WATCHDOG_LOGGER})
          and exists (${signsOfLife} and e.occurred >= r.state_timestamp and v.name = 'prefect.flow-run.heartbeat')`,
      ),

    /** Flow runs that entered CANCELLED after an instant, with the time of each, oldest first. */
    async cancelledAfter(after: string, limit: number): Promise<(FleetId & { timestamp: string })[]> {
      return db.query<FleetId & { timestamp: string }>(sql`
        select workspace_id, flow_run_id as id, timestamp from flow_run_state
         where timestamp > ${after}::timestamptz and type = 'CANCELLED' order by timestamp limit ${limit}`);
    },

    /** Forgets background tasks that have started or are gone, and task workers that were not seen for a minute. */
    async forgetHandedOut(): Promise<void> {
      await db.query(sql`
        delete from queued_task q where q.free_at <= now() and not exists (
          select 1 from task_run t where t.workspace_id = q.workspace_id and t.id = q.task_run_id
             and t.state_type in ('SCHEDULED', 'PENDING'))`);
      await db.query(sql`delete from task_worker where last_seen < now() - interval '1 minute'`);
    },

    /** Ends leases without an end whose task ended, or whose flow run did with it: who was to give them back is gone. */
    async endAbandonedLeases(): Promise<void> {
      await db.query(sql`
        update concurrency_slot s set expires_at = clock_timestamp()
          from task_run t left join flow_run r on r.workspace_id = t.workspace_id and r.id = t.flow_run_id
         where s.expires_at = 'infinity' and s.holder_type = 'task_run' and t.workspace_id = s.workspace_id and t.id = s.holder_id
           and (t.state_type = any(${ENDED}::text[]) or r.state_type = any(${ENDED}::text[]))`);
    },

    /** Limits that leases expired on. */
    async expiredLeases(limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select distinct workspace_id, limit_id as id from (
          select workspace_id, limit_id from concurrency_slot where expires_at <= clock_timestamp() order by expires_at limit ${limit}
        ) as expired`);
    },

    /** Clean-ups that a worker had until its lease ended, longest ended first. */
    async endedCleanups(limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select workspace_id, id from cleanup_message
         where free_at <= clock_timestamp() and token is not null order by free_at limit ${limit}`);
    },

    /** Forgets places in queues that nobody came back to. */
    async forgetWaits(): Promise<void> {
      await db.query(sql`delete from concurrency_wait where alive_until <= clock_timestamp()`);
    },

    /** Marks workers offline that were silent for too long, and pools not ready that have no other. */
    async markOffline(now: string): Promise<{ workers: number; pools: number }> {
      const workers = await db.query(sql`
        update worker set status = 'OFFLINE' where status = 'ONLINE' and offline_at <= ${now}::timestamptz returning id`);
      const pools = await db.query(sql`
        with unready as (
        update work_pool p set status = 'NOT_READY'
         where p.status = 'READY' and p.type not like '%:push' and p.type not like '%:managed' and not exists (
           select 1 from worker w where w.workspace_id = p.workspace_id and w.work_pool_id = p.id
              and w.offline_at > ${now}::timestamptz)
        returning p.workspace_id, p.id, ${unready(now)}
        )${raw(toldChanges({ work_pool: "unready" }))}
        select id from unready`);
      return { workers: workers.length, pools: pools.length };
    },

    /** Marks queues and deployments not ready that nobody polled since `before`. Their `updated` is left alone. */
    async markUnpolled(now: string, before: string): Promise<{ queues: number; deployments: number }> {
      const queues = await db.query(sql`
        with unready as (
        update work_queue set status = 'NOT_READY'
         where status = 'READY' and (last_polled is null or last_polled <= ${before}::timestamptz)
        returning workspace_id, id, ${unready(now)}
        )${raw(toldChanges({ work_queue: "unready" }))}
        select id from unready`);
      const deployments = await db.query(sql`
        with unready as (
        update deployment d set status = 'NOT_READY'
         where d.status = 'READY' and (d.last_polled is null or d.last_polled <= ${before}::timestamptz) and not exists (
           select 1 from work_queue q where q.workspace_id = d.workspace_id and q.id = d.work_queue_id
              and q.last_polled > ${before}::timestamptz)
        returning d.workspace_id, d.id, ${unready(now)}
        )${raw(toldChanges({ deployment: "unready" }))}
        select id from unready`);
      return { queues: queues.length, deployments: deployments.length };
    },

    /** Makes the partitions of the next days for every retention class in use and drops those that are past theirs. */
    async maintainHistory(now: Date): Promise<{ made: string[]; dropped: string[] }> {
      await db.query(sql`
        delete from task_cache c using workspace w
         where w.id = c.workspace_id and (c.expires_at <= ${now.toISOString()}::timestamptz
            or c.created <= ${now.toISOString()}::timestamptz - make_interval(days => w.retention_days))`);
      await db.query(sql`
        delete from cleanup_message c using workspace w
         where w.id = c.workspace_id and c.created <= ${now.toISOString()}::timestamptz - make_interval(days => w.retention_days)`);
      const classes = await db.query<{ days: number }>(sql`select distinct retention_days as days from workspace`);
      return maintainPartitions(
        db,
        now,
        classes.map((one) => one.days),
      );
    },

    /** Deletes runs and artifacts that are older than their workspace keeps them, a bounded number in a turn. */
    forgetRuns: (now: Date): Promise<Forgotten> => forgetRuns(db, now),
  };
}

function unready(now: string): Sql {
  return sql`'not-ready' as verb, ${now}::timestamptz as at, '{}'::json as payload`;
}
const signsOfLife = sql`
  select from event_resource e
    join event v on v.workspace_id = e.workspace_id and v.occurred = e.occurred and event_key(v.id) = e.event_key
     and v.retention_days = e.retention_days
   where e.workspace_id = r.workspace_id and e.retention_days = w.retention_days
     and e.resource_key = resource_key(r.workspace_id, 'prefect.flow-run.' || r.id)`;

/** Flow runs that a condition on their state holds for, a hundred of each workspace: one index probe apiece. */
function inWorkspaces(db: Db, condition: Sql): Promise<FleetId[]> {
  return db.query<FleetId>(sql`
    select w.id as workspace_id, found.id from workspace w cross join lateral (
      select r.id from flow_run r where r.workspace_id = w.id and ${condition} order by r.id limit ${PER_WORKSPACE}) as found`);
}
