import type { Db, Row } from "../client.ts";
import type { FlowRunRow } from "../hot/flow-run-row.ts";
import type { Scope } from "../scope.ts";
import { type Sql, sql } from "../sql.ts";
import { activeInQueue, activeOfFilter, activeOfSchedule } from "./active-runs.ts";
import { flowRunColumns } from "./flow-runs.ts";
import { expired, taken } from "./slot-sql.ts";
import { isUnmarked } from "./work-queues.ts";

/** What a worker is offered: runs in the order they should start, of which queue. */
export type Offer = {
  poolId: string;
  /** Every queue that was polled, paused ones included. */
  queueNames: string[];
  /** Those of them whose poll `markPolled` would note. */
  unmarkedIds: string[];
  runs: { queueId: string; run: FlowRunRow }[];
};

/** What a poll asks for. Instants are ISO text. */
export type PollWindow = { before: string; after: string | null; limit: number };

/** Which runs a queue takes in: those that have every tag, of these deployments; null: of any. */
export type QueueFilter = { tags: string[] | null; deployment_ids: string[] | null };

/** The runs of one workspace that wait to start. */
export function dispatch(db: Db, { workspaceId: ws }: Scope) {
  /** The row of a run, found by its key however many PostgreSQL expects to need: a limit keeps it from reading them all. */
  const runOf = (id: Sql) => sql`lateral (
    select ${flowRunColumns} from flow_run r where r.workspace_id = ${ws} and r.id = ${id} limit 1) as r`;

  const dueBetween = ({ before, after }: PollWindow) => sql`d.due_at <= ${before}::timestamptz
    and (${after}::timestamptz is null or d.due_at >= ${after}::timestamptz)`;

  // What its own process retries goes on with the place that it has.
  const isOfFullSchedule = sql`(coalesce(d.deployment_id = any((select deployments from full_schedule)::uuid[]), false)
    and not d.in_process and exists (
      select from flow_run r where r.workspace_id = d.workspace_id and r.id = d.flow_run_id and r.auto_scheduled
         and r.created_by->>'id' = any((select ids from full_schedule)::text[])))`;

  /**
   * The CTEs that tell which schedules have as many active runs as they may, and which runs of limited deployments have a
   * slot to take: as many as are free, the longest waiting first, of `runs` (a condition on `d`). `among` narrows the
   * deployments looked at.
   */
  const heldBack = (runs: Sql, { limit }: PollWindow, among: Sql = sql``) => sql`full_schedule as materialized (
      select coalesce(array_agg(s.id::text), '{}') as ids, coalesce(array_agg(s.deployment_id), '{}') as deployments
        from deployment_schedule s
       where s.workspace_id = ${ws} and s.max_active_runs is not null and ${activeOfSchedule} >= s.max_active_runs
    ), limited as (
      select l.id, array_agg(d.id) as deployments, greatest(0, floor(l.slot_limit - ${taken} + ${expired}))::bigint as free
        from deployment d
        join concurrency_limit l on l.workspace_id = d.workspace_id and l.id = d.concurrency_limit_id
       where d.workspace_id = ${ws} and d.concurrency_limit_id is not null and l.active ${among} group by l.workspace_id, l.id
    ), served as (
      select w.flow_run_id from limited cross join lateral (
        select d.flow_run_id from unnest(limited.deployments) as own (id) cross join lateral (
          select d.flow_run_id, coalesce(d.slot_since, d.due_at) as since from dispatch d
           where d.workspace_id = ${ws} and d.deployment_id = own.id and ${runs} and not d.in_process and not ${isOfFullSchedule}
           order by since, d.flow_run_id limit least(limited.free, ${limit}::bigint)) as d
         order by d.since, d.flow_run_id limit least(limited.free, ${limit}::bigint)) as w
    ), held_back as materialized (
      select coalesce((select array_agg(id) from (select unnest(deployments) as id from limited) as every_one), '{}') as deployments,
             coalesce((select array_agg(flow_run_id) from served), '{}') as served
    )`;

  // A retry in its own process has kept its slot.
  const hasNoSlot = sql`(coalesce(d.deployment_id = any(held_back.deployments), false) and not d.in_process
    and d.flow_run_id <> all(held_back.served))`;

  /**
   * Of `runs` (a condition on `d`) the first `take`: those that could start, then those of limited deployments that have no
   * slot and never asked for one, to be told that they wait. Who was told is not offered again until there is a slot.
   */
  const startable = (runs: Sql, take: Sql) => sql`(
      select * from (
        (select d.flow_run_id, d.due_at, false as has_no_slot from dispatch d
          where d.workspace_id = ${ws} and ${runs} and not ${hasNoSlot} and not ${isOfFullSchedule}
          order by d.due_at, d.flow_run_id limit ${take})
        union all
        (select d.flow_run_id, d.due_at, true from dispatch d
          where d.workspace_id = ${ws} and ${runs} and held_back.deployments <> '{}' and ${hasNoSlot} and d.slot_since is null
            and not ${isOfFullSchedule}
          order by d.due_at, d.flow_run_id limit ${take})
      ) as every_run order by has_no_slot, due_at, flow_run_id limit ${take})`;

  return {
    /**
     * The runs that workers of a pool may start now: by queue priority, then due time, within the limits of queue and pool.
     * Nothing is reserved. Runs that hold slots are counted only where there is a limit. Of a deployment with a limit, no
     * more runs are offered than have a slot, the longest waiting first; those that never asked for one come after all
     * others, to be told that they wait. `undefined`: no such pool.
     */
    async offer(
      poolName: string,
      queueNames: readonly string[] | null,
      window: PollWindow,
      now: string,
    ): Promise<Offer | undefined> {
      // The first row tells of the pool, each other of a run.
      type Pool = Row & { pool_id: string; unmarked_ids: string[]; queue_names: string[] };
      type Offered = FlowRunRow & { offered_by: string };
      const { limit } = window;
      const due = sql`${dueBetween(window)} and not d.in_process`;
      const statement = sql`
        with pool as (
          select p.id, p.is_paused, p.concurrency_limit from work_pool p where p.workspace_id = ${ws} and p.name = ${poolName}
        ), every_queue as (
          select q.id, q.name, q.priority, q.is_paused, q.concurrency_limit, ${isUnmarked(now)} as is_unmarked,
                 case when q.concurrency_limit is not null or pool.concurrency_limit is not null then ${activeInQueue} else 0 end as active
            from pool join work_queue q on q.workspace_id = ${ws} and q.work_pool_id = pool.id
        ), queue as (
          select * from every_queue where ${queueNames}::text[] is null or name = any(${queueNames}::text[])
        ), ${heldBack(sql`${due} and d.work_queue_id in (select id from queue where not is_paused)`, window)}, offered as (
          select due.flow_run_id, due.due_at, due.has_no_slot, queue.id as queue_id, queue.priority
            from queue cross join held_back cross join lateral ${startable(
              sql`d.work_queue_id = queue.id and ${due}`,
              sql`least(${limit}::bigint, case when queue.concurrency_limit is not null
                then greatest(0, queue.concurrency_limit - queue.active) end)`,
            )} as due
           where not queue.is_paused and not (select is_paused from pool)
           order by due.has_no_slot, queue.priority, due.due_at, due.flow_run_id
           limit (select least(${limit}::bigint, case when pool.concurrency_limit is not null
             then greatest(0, pool.concurrency_limit - (select sum(active) from every_queue)) end) from pool)
        )
        select pool.id as pool_id, one.queue_id as offered_by,
               case when one.place = 0 then (select coalesce(array_agg(id), '{}') from queue where is_unmarked) end as unmarked_ids,
               case when one.place = 0 then (select coalesce(array_agg(name), '{}') from queue) end as queue_names, r.*
          from pool cross join lateral (
            select 0 as place, null::uuid as queue_id, null::uuid as flow_run_id
            union all
            select row_number() over (order by has_no_slot, priority, due_at, flow_run_id), queue_id, flow_run_id from offered
          ) as one left join ${runOf(sql`one.flow_run_id`)} on true
         order by one.place`;
      const [pool, ...offered] = (await db.query(statement, "offer")) as [Pool?, ...Offered[]];
      if (!pool) return undefined;
      const runs = offered.map(({ offered_by: queueId, ...run }) => ({ queueId, run }));
      return { poolId: pool.pool_id, queueNames: pool.queue_names, unmarkedIds: pool.unmarked_ids, runs };
    },

    /**
     * The runs of one queue that may start now, by due time within its limit; pauses of queue and pool hold. Limits of
     * deployments as in a pool's offer.
     */
    async ofQueue(queueId: string, window: PollWindow): Promise<FlowRunRow[]> {
      const due = sql`d.work_queue_id = ${queueId} and ${dueBetween(window)} and not d.in_process`;
      return db.query<FlowRunRow>(sql`
        with ${heldBack(due, window)}
        select r.*
          from work_queue q join work_pool p on p.workspace_id = q.workspace_id and p.id = q.work_pool_id
          cross join held_back cross join lateral ${startable(
            due,
            sql`least(${window.limit}::bigint, case when q.concurrency_limit is not null
              then greatest(0, q.concurrency_limit - ${activeInQueue}) end)`,
          )} as due cross join ${runOf(sql`due.flow_run_id`)}
         where q.workspace_id = ${ws} and q.id = ${queueId} and not q.is_paused and not p.is_paused
         order by due.has_no_slot, due.due_at, due.flow_run_id`);
    },

    /**
     * As `ofQueue`, of a queue with a filter: the runs of deployments that this takes in, whatever queue they are of. Its
     * limit counts those of them that are active.
     */
    async ofFilter(
      queueId: string,
      { tags, deployment_ids: ids }: QueueFilter,
      window: PollWindow,
    ): Promise<FlowRunRow[]> {
      const hasTags = sql`and exists (select from flow_run r
        where r.workspace_id = d.workspace_id and r.id = d.flow_run_id and r.tags @> ${tags}::text[])`;
      const due = sql`${dueBetween(window)} and not d.in_process ${tags?.length ? hasTags : sql``}`;
      // One deployment at a time, by the index: of all runs that are planned few are due.
      const asked = ids
        ? sql`(select distinct unnest(${ids}::uuid[]))`
        : sql`(select id from deployment where workspace_id = ${ws})`;
      const among = ids ? sql`and d.id = any(${ids}::uuid[])` : sql``;
      return db.query<FlowRunRow>(sql`
        with ${heldBack(due, window, among)}, queue as materialized (
          select least(${window.limit}::bigint, case when q.concurrency_limit is not null
                   then greatest(0, q.concurrency_limit - ${activeOfFilter}) end) as take
            from work_queue q join work_pool p on p.workspace_id = q.workspace_id and p.id = q.work_pool_id
           where q.workspace_id = ${ws} and q.id = ${queueId} and not q.is_paused and not p.is_paused
        ), offered as (
          select due.* from queue cross join ${asked} as asked (id) cross join held_back
           cross join lateral ${startable(sql`d.deployment_id = asked.id and ${due}`, sql`queue.take`)} as due
           order by due.has_no_slot, due.due_at, due.flow_run_id limit (select take from queue)
        )
        select r.* from offered as due cross join ${runOf(sql`due.flow_run_id`)}
         order by due.has_no_slot, due.due_at, due.flow_run_id`);
    },

    /**
     * The runs of deployments that a runner serves, by due time, retries in process and runs with a queue included. Limits
     * of deployments as in a pool's offer.
     */
    async ofDeployments(ids: readonly string[], window: PollWindow): Promise<FlowRunRow[]> {
      const due = dueBetween(window);
      return db.query<FlowRunRow>(sql`
        with ${heldBack(due, window, sql`and d.id = any(${ids}::uuid[])`)}, offered as (
          select due.* from unnest(${ids}::uuid[]) as asked (id) cross join held_back
           cross join lateral ${startable(sql`d.deployment_id = asked.id and ${due}`, sql`${window.limit}::bigint`)} as due
           order by due.has_no_slot, due.due_at, due.flow_run_id limit ${window.limit}::bigint
        )
        select r.* from offered as due cross join ${runOf(sql`due.flow_run_id`)}
         order by due.has_no_slot, due.due_at, due.flow_run_id`);
    },
  };
}
