import type { JsonText, WorkQueueFilter } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { statusVerb, tellChange, toldChanges } from "../facts.ts";
import { workQueueMatches } from "../filters/nouns.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, join, raw, type Sql, sql } from "../sql.ts";
import { tellUpdates } from "../tell-updates.ts";
import { ACTIVE_IN_QUEUE, ACTIVE_OF_FILTER } from "./active-runs.ts";
import { freePriority, type Priority, shiftPriorities } from "./queue-priorities.ts";
import { setStops, stopMark } from "./stops.ts";

/**
 * A work queue's row. `active_slots`: its runs (with a filter, those that this takes in) that are pending or running, null
 * when it has no limit.
 */
export type WorkQueueRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  description: string | null;
  is_paused: boolean;
  concurrency_limit: number | null;
  priority: number;
  /** Which runs it offers whoever polls it by its id; null: its own. */
  filter: JsonText | null;
  work_pool_id: string;
  work_pool_name: string;
  is_default: boolean;
  status: string;
  last_polled: string | null;
  active_slots: number | null;
  created_by: JsonText | null;
  updated_by: JsonText | null;
  /** Its pool, without what that makes jobs of. */
  work_pool: JsonText;
};

/** A queue to create; `id` and `now` come from the database when absent, the first free priority is taken. */
export type NewWorkQueue = {
  id?: string | undefined;
  now?: string | undefined;
  name: string;
  description?: string | null | undefined;
  isPaused?: boolean | undefined;
  concurrencyLimit?: number | null | undefined;
  priority?: number | undefined;
  /** JSON text. */
  filter?: string | null | undefined;
};

/** Columns that a caller may set; `undefined` leaves one alone. */
export type WorkQueuePatch = {
  name?: string | undefined;
  description?: string | null | undefined;
  is_paused?: boolean | undefined;
  concurrency_limit?: number | null | undefined;
  last_polled?: string | undefined;
  status?: string | undefined;
  priority?: number | undefined;
  /** JSON text. */
  filter?: string | null | undefined;
};

/** A run that holds a slot. */
export type SlotHolder = {
  id: string;
  name: string;
  state_type: string;
  state_name: string;
  start_time: string | null;
  state_timestamp: string;
  work_queue_id: string;
};

/** What a pool `p` is called after its type: one whose runs are submitted for the customer, or run for him. */
export const POOL_KIND = "p.type like '%:push' as is_push_pool, p.type like '%:managed' as is_mex_pool";

const columns = raw(
  `q.id, q.created, q.updated, q.name, q.description, q.is_paused, q.concurrency_limit, q.priority, q.filter, q.work_pool_id,
   p.name as work_pool_name, p.default_queue_id = q.id as is_default, q.status, q.last_polled, q.created_by,
   q.updated_by,
   (select to_json(told) from (
     select p.id, p.created, p.updated, p.name, p.description, p.type, p.is_paused, p.concurrency_limit, p.status,
            p.default_queue_id, p.created_by, p.updated_by, ${POOL_KIND}) as told) as work_pool,
   case when q.concurrency_limit is null then null when q.filter is null then ${ACTIVE_IN_QUEUE}
        else ${ACTIVE_OF_FILTER} end as active_slots`,
);
const from = raw("work_queue q join work_pool p on p.workspace_id = q.workspace_id and p.id = q.work_pool_id");

const orders: Record<"priority" | "name", Order> = {
  priority: { by: sql`q.priority`, type: "int", descending: false },
  name: { by: sql`q.name`, type: "text", descending: false },
};

type Query = <R extends Row = Row>(statement: Sql) => Promise<R[]>;

/** Work queues of one workspace. */
export function workQueues(db: Db, { workspaceId: ws, by }: Scope) {
  return {
    /** Creates a queue. `undefined`: its pool has one of that name, or is gone. */
    async create(poolId: string, queue: NewWorkQueue): Promise<WorkQueueRow | undefined> {
      const id = await db.transaction((query) => insertQueue(query, { workspaceId: ws, by }, poolId, queue));
      return id === undefined ? undefined : this.get(id);
    },

    /** One queue. */
    async get(id: string): Promise<WorkQueueRow | undefined> {
      const [row] = await db.query<WorkQueueRow>(
        sql`select ${columns} from ${from} where q.workspace_id = ${ws} and q.id = ${id}`,
      );
      return row;
    },

    /** One queue by its name; `undefined` when the pool or the queue is missing. */
    async getByName(poolName: string, name: string): Promise<WorkQueueRow | undefined> {
      const [row] = await db.query<WorkQueueRow>(sql`
        select ${columns} from ${from} where q.workspace_id = ${ws} and p.name = ${poolName} and q.name = ${name}`);
      return row;
    },

    /** The queues that offer a deployment's runs: its own first, and those whose filter takes it in; so many at most. */
    async ofDeployment(deploymentId: string, limit: number): Promise<WorkQueueRow[]> {
      return db.query<WorkQueueRow>(sql`
        select ${columns} from ${from} join deployment d on d.workspace_id = q.workspace_id
         where q.workspace_id = ${ws} and d.id = ${deploymentId} and (q.id = d.work_queue_id or q.filter is not null
           and (q.filter->>'tags' is null or to_jsonb(d.tags) @> (q.filter->'tags')::jsonb)
           and (q.filter->>'deployment_ids' is null or (q.filter->'deployment_ids')::jsonb @> to_jsonb(d.id)))
         order by q.id is distinct from d.work_queue_id, q.name, q.id limit ${limit}`);
    },

    /** A page of queues: a pool's by priority, or the workspace's by name. */
    async list(
      poolId: string | undefined,
      filter: WorkQueueFilter,
      position: Position,
      limit: number,
    ): Promise<Page<WorkQueueRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = poolId === undefined ? orders.name : orders.priority;
      const where = matching(ws, poolId, filter);
      const rows = await db.query<WorkQueueRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(order)} from ${from} where ${paged(where, order, sql`q.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** How many queues match, a pool's or the workspace's. */
    async count(poolId: string | undefined, filter: WorkQueueFilter): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        sql`select count(*) as count from work_queue q where ${all(matching(ws, poolId, filter))}`,
      );
      return row?.count ?? 0;
    },

    /** Sets columns; a new priority pushes others back. `taken`: its pool has another queue of the new name. */
    async patch(
      id: string,
      poolId: string,
      { priority, ...patch }: WorkQueuePatch,
      now: string,
    ): Promise<"done" | "missing" | "taken"> {
      const set = Object.entries(patch)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => sql`${raw(name)} = ${value}`);
      set.push(...setStops(patch, stopMark({ by }, now)), sql`updated = ${now}, updated_by = ${by}::json`);
      return db.transaction(async (query) => {
        const queues = await lockedPriorities(query, ws, poolId);
        if (!queues.some((queue) => queue.id === id)) return "missing";
        if (patch.name !== undefined) {
          const [other] = await query(sql`
            select id from work_queue where workspace_id = ${ws} and work_pool_id = ${poolId} and name = ${patch.name} and id <> ${id}`);
          if (other) return "taken";
        }
        const [before] = await query<{ status: string }>(
          sql`select status from work_queue where workspace_id = ${ws} and id = ${id}`,
        );
        await tellUpdates(query, { ws, noun: "work_queue", which: sql`id = ${id}`, now }, async () => {
          await query(sql`update work_queue set ${join(set, ", ")} where workspace_id = ${ws} and id = ${id}`);
          if (priority !== undefined) await writePriorities(query, ws, shiftPriorities(queues, { id, priority }));
        });
        if (patch.status !== undefined && patch.status !== before?.status)
          await query(tellChange(ws, "work_queue", id, statusVerb(patch.status), now));
        if (patch.name !== undefined) {
          await query(
            sql`update deployment set work_queue_name = ${patch.name} where workspace_id = ${ws} and work_queue_id = ${id}`,
          );
        }
        return "done";
      });
    },

    /** Deletes a queue. Deployments, waiting runs and clean-ups of it go to the pool's default queue. False when there is none. */
    async remove(id: string, now: string): Promise<boolean> {
      return db.transaction(async (query) => {
        // Of two who delete at once, one tells.
        const held = await query(sql`
          select q.id from work_queue q join work_pool p on p.workspace_id = q.workspace_id and p.id = q.work_pool_id
           where q.workspace_id = ${ws} and q.id = ${id} and p.default_queue_id <> q.id for update of q`);
        if (held.length === 0) return false;
        await query(tellChange(ws, "work_queue", id, "deleted", now));
        await query(sql`
        with gone as (
          delete from work_queue q using work_pool p
           where q.workspace_id = ${ws} and q.id = ${id} and p.workspace_id = ${ws} and p.id = q.work_pool_id
             and p.default_queue_id <> q.id
          returning q.id, p.default_queue_id
        ), target as (
          select gone.id, q.id as to_id, q.name as to_name from gone
            join work_queue q on q.workspace_id = ${ws} and q.id = gone.default_queue_id
        ), moved as (
          update deployment d set work_queue_id = t.to_id, work_queue_name = t.to_name from target t
           where d.workspace_id = ${ws} and d.work_queue_id = t.id
        ), waiting as (
          update dispatch d set work_queue_id = t.to_id from target t
           where d.workspace_id = ${ws} and d.work_queue_id = t.id returning d.flow_run_id, t.to_id, t.to_name
        ), cleanups as (
          update cleanup_message m set work_queue_id = t.to_id from target t
           where m.workspace_id = ${ws} and m.work_queue_id = t.id
        ), runs as (
          update flow_run r set work_queue_id = w.to_id, work_queue_name = w.to_name from waiting w
           where r.workspace_id = ${ws} and r.id = w.flow_run_id
        )
        select id from gone`);
        return true;
      });
    },

    /** How many runs of a queue are late. */
    async lateRuns(id: string): Promise<number> {
      const [row] = await db.query<{ count: number }>(sql`
        select count(*) as count from dispatch d join flow_run r on r.workspace_id = d.workspace_id and r.id = d.flow_run_id
         where d.workspace_id = ${ws} and d.work_queue_id = ${id} and r.state_name = 'Late'`);
      return row?.count ?? 0;
    },

    /** Runs that hold a slot in these queues, oldest in their state first, `perQueue` of each after `offset`. */
    async slotHolders(ids: readonly string[], perQueue: number, offset = 0): Promise<SlotHolder[]> {
      return db.query<SlotHolder>(sql`
        select held.* from unnest(${ids}::uuid[]) as asked (id) cross join lateral (
          select r.id, r.name, r.state_type, r.state_name, r.start_time, r.state_timestamp, r.work_queue_id
            from flow_run r
           where r.workspace_id = ${ws} and r.work_queue_id = asked.id and r.work_queue_id is not null
             and r.state_type in ('PENDING', 'RUNNING')
           order by r.state_timestamp, r.id limit ${perQueue} offset ${offset}) as held`);
    },

    /** How many runs hold a slot in each queue of a pool; queues without any are left out. */
    async activeByQueue(poolId: string): Promise<Map<string, number>> {
      const rows = await db.query<{ id: string; count: number }>(sql`
        select q.id, count(*) as count from work_queue q
          join flow_run r on r.workspace_id = q.workspace_id and r.work_queue_id = q.id and r.work_queue_id is not null
           and r.state_type in ('PENDING', 'RUNNING')
         where q.workspace_id = ${ws} and q.work_pool_id = ${poolId} group by q.id`);
      return new Map(rows.map((row) => [row.id, row.count]));
    },

    /**
     * Notes that queues were polled, at most every five seconds, and makes them and their deployments ready. Nobody's
     * `updated` is touched: a poll is not a change.
     */
    async markPolled(ids: readonly string[], now: string): Promise<void> {
      const ready = sql`'ready' as verb, ${now}::timestamptz as at, '{}'::json as payload`;
      const statement = sql`
        with ready_queue as (
          update work_queue q set last_polled = ${now}, status = 'READY'
           where q.workspace_id = ${ws} and q.id = any(${ids}::uuid[]) and q.status = 'NOT_READY'
          returning q.workspace_id, q.id, ${ready}
        ), polled as (
          update work_queue q set last_polled = ${now}
           where q.workspace_id = ${ws} and q.id = any(${ids}::uuid[]) and q.status <> 'NOT_READY'
             and ${isUnmarked(now)}
          returning q.id
        ), ready_deployment as (
          update deployment d set status = 'READY', last_polled = ${now}
            from (select id from ready_queue union all select id from polled) as alive
           where d.workspace_id = ${ws} and d.work_queue_id = alive.id and d.status = 'NOT_READY'
          returning d.workspace_id, d.id, ${ready}
        )${raw(toldChanges({ work_queue: "ready_queue", deployment: "ready_deployment" }))}
        select id from facts`;
      await db.query(statement, "mark-polled");
    },
  };
}

/** True of a queue `q` that is not known to be polled, or not in the last five seconds. */
export const isUnmarked = (now: string): Sql => sql`(q.status = 'NOT_READY' or q.last_polled is null
  or q.last_polled < ${now}::timestamptz - interval '5 seconds')`;

function matching(ws: string, poolId: string | undefined, filter: WorkQueueFilter): Sql[] {
  return [
    sql`q.workspace_id = ${ws}`,
    poolId === undefined ? undefined : sql`q.work_pool_id = ${poolId}`,
    workQueueMatches("q", filter),
  ].filter((condition) => condition !== undefined);
}

/** Inserts a queue within a transaction that holds its pool. `undefined`: the name is taken, or the pool is gone. */
export async function insertQueue(
  query: Query,
  { workspaceId: ws, by }: Pick<Scope, "workspaceId" | "by">,
  poolId: string,
  queue: NewWorkQueue,
): Promise<string | undefined> {
  const queues = await lockedPriorities(query, ws, poolId);
  const [made] = await query<{ id: string; created: string }>(sql`
    insert into work_queue (workspace_id, id, created, updated, work_pool_id, name, description, is_paused, pause,
                            concurrency_limit, priority, status, filter, created_by, updated_by)
    select ${ws}, coalesce(${queue.id ?? null}::uuid, gen_random_uuid()), at.now, at.now, p.id, ${queue.name},
           ${queue.description ?? ""}, ${queue.isPaused ?? false},
           case when ${queue.isPaused ?? false} then json_build_object('at', at.now, 'by', ${by}::json) end,
           ${queue.concurrencyLimit ?? null}::int,
           ${queue.priority ?? freePriority(queues)}::int, ${queue.isPaused ? "PAUSED" : "NOT_READY"},
           ${queue.filter ?? null}::json, ${by}::json, ${by}::json
      from work_pool p, (select coalesce(${queue.now ?? null}::timestamptz, now()) as now) as at
     where p.workspace_id = ${ws} and p.id = ${poolId}
    on conflict (workspace_id, work_pool_id, name) do nothing returning id, created`);
  if (!made) return undefined;
  await query(tellChange(ws, "work_queue", made.id, "created", made.created));
  if (queue.priority !== undefined) {
    const moved = { id: made.id, priority: queue.priority };
    await writePriorities(query, ws, shiftPriorities([...queues, moved], moved));
  }
  return made.id;
}

/** The pool's row lock makes changes of its priorities take turns. */
async function lockedPriorities(query: Query, ws: string, poolId: string): Promise<Priority[]> {
  await query(sql`select id from work_pool where workspace_id = ${ws} and id = ${poolId} for update`);
  return query<Priority>(
    sql`select id, priority from work_queue where workspace_id = ${ws} and work_pool_id = ${poolId}`,
  );
}

async function writePriorities(query: Query, ws: string, changed: readonly Priority[]): Promise<void> {
  if (changed.length === 0) return;
  await query(sql`
    update work_queue q set priority = c.priority
      from unnest(${changed.map((one) => one.id)}::uuid[], ${changed.map((one) => one.priority)}::int[]) as c (id, priority)
     where q.workspace_id = ${ws} and q.id = c.id`);
}
