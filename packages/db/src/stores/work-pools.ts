import type { JsonText, WorkPoolFilter, WorkPoolSort } from "@weir/contracts";
import type { Db } from "../client.ts";
import { statusVerb, tellChange } from "../facts.ts";
import { workPoolMatches } from "../filters/nouns.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, join, raw, type Sql, sql } from "../sql.ts";
import { tellUpdates } from "../tell-updates.ts";
import { setStops, stopMark } from "./stops.ts";
import { insertQueue, POOL_KIND } from "./work-queues.ts";

/** A work pool's row. `active_slots`: its runs that are pending or running, null when it has no limit. */
export type WorkPoolRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  description: string | null;
  type: string;
  base_job_template: JsonText;
  is_paused: boolean;
  concurrency_limit: number | null;
  default_queue_id: string;
  status: string | null;
  storage_configuration: JsonText;
  active_slots: number | null;
  is_push_pool: boolean;
  is_mex_pool: boolean;
  /** When one of its queues was polled last; null: never. */
  last_polled: string | null;
  created_by: JsonText | null;
  updated_by: JsonText | null;
};

/** Where a run or deployment goes: a pool and one of its queues. */
export type WorkPlace = { pool: { id: string; name: string; type: string }; queue: { id: string; name: string } };

/** A pool to create. Documents are JSON text. */
export type NewWorkPool = {
  id: string;
  queueId: string;
  now: string;
  name: string;
  description: string | null;
  type: string;
  baseJobTemplate: string;
  isPaused: boolean;
  concurrencyLimit: number | null;
  status: string | null;
  storageConfiguration: string;
};

/** Columns that a caller may set; `undefined` leaves one alone. Documents are JSON text. */
export type WorkPoolPatch = {
  description?: string | null | undefined;
  base_job_template?: string | undefined;
  is_paused?: boolean | undefined;
  concurrency_limit?: number | null | undefined;
  status?: string | undefined;
  storage_configuration?: string | undefined;
};

/** Runs of a pool's queues that hold a slot; read from the partial index over active runs. */
const activeSlots = `(select count(*) from flow_run r join work_queue q on q.workspace_id = r.workspace_id and q.id = r.work_queue_id
  where r.workspace_id = p.workspace_id and q.work_pool_id = p.id and r.work_queue_id is not null and r.state_type in ('PENDING', 'RUNNING'))`;

const columns = raw(
  `p.id, p.created, p.updated, p.name, p.description, p.type, p.base_job_template, p.is_paused, p.concurrency_limit,
   p.default_queue_id, p.status, p.storage_configuration, p.created_by, p.updated_by, ${POOL_KIND},
   (select max(q.last_polled) from work_queue q where q.workspace_id = p.workspace_id and q.work_pool_id = p.id) as last_polled,
   case when p.concurrency_limit is not null then ${activeSlots} end as active_slots`,
);

const orders: Record<WorkPoolSort, Order> = {
  NAME_ASC: { by: sql`p.name`, type: "text", descending: false },
  NAME_DESC: { by: sql`p.name`, type: "text", descending: true },
};

/** Work pools of one workspace. */
export function workPools(db: Db, { workspaceId: ws, by }: Scope) {
  return {
    /** Creates a pool with its queue `default`. `undefined`: the name is taken. */
    async create(pool: NewWorkPool): Promise<WorkPoolRow | undefined> {
      const made = await db.transaction(async (query) => {
        const rows = await query(sql`
        with made as (
          insert into work_pool (workspace_id, id, created, updated, name, description, type, base_job_template, is_paused, pause,
                                 concurrency_limit, default_queue_id, status, storage_configuration,
                                 created_by, updated_by)
          values (${ws}, ${pool.id}, ${pool.now}, ${pool.now}, ${pool.name}, ${pool.description}, ${pool.type},
                  ${pool.baseJobTemplate}::json, ${pool.isPaused}, ${pool.isPaused ? stopMark({ by }, pool.now) : null}::json,
                  ${pool.concurrencyLimit}, ${pool.queueId}, ${pool.status}, ${pool.storageConfiguration}::json, ${by}::json, ${by}::json)
          on conflict (workspace_id, name) do nothing returning id, created, default_queue_id
        )
        insert into work_queue (workspace_id, id, created, updated, work_pool_id, name, description, priority, status,
                                created_by, updated_by)
        select ${ws}, default_queue_id, created, created, id, 'default', 'The work pool''s default queue.', 1, 'NOT_READY',
               ${by}::json, ${by}::json from made
        returning id`);
        if (rows.length === 0) return false;
        await query(tellChange(ws, "work_pool", pool.id, "created", pool.now));
        if (pool.status !== null) await query(tellChange(ws, "work_pool", pool.id, statusVerb(pool.status), pool.now));
        return true;
      });
      return made ? this.getByName(pool.name) : undefined;
    },

    /** One pool. */
    async get(id: string): Promise<WorkPoolRow | undefined> {
      const [row] = await db.query<WorkPoolRow>(
        sql`select ${columns} from work_pool p where p.workspace_id = ${ws} and p.id = ${id}`,
      );
      return row;
    },

    /** One pool by its name. */
    async getByName(name: string): Promise<WorkPoolRow | undefined> {
      const [row] = await db.query<WorkPoolRow>(
        sql`select ${columns} from work_pool p where p.workspace_id = ${ws} and p.name = ${name}`,
      );
      return row;
    },

    /** A page of pools. */
    async list(
      filter: WorkPoolFilter,
      sort: WorkPoolSort,
      position: Position,
      limit: number,
    ): Promise<Page<WorkPoolRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const rows = await db.query<WorkPoolRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(orders[sort])} from work_pool p
         where ${paged(matching(ws, filter), orders[sort], sql`p.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** How many pools match. */
    async count(filter: WorkPoolFilter): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        sql`select count(*) as count from work_pool p where ${all(matching(ws, filter))}`,
      );
      return row?.count ?? 0;
    },

    /** Sets columns of a pool. False when there is no such pool. */
    async patch(id: string, patch: WorkPoolPatch, now: string): Promise<boolean> {
      const documents = new Set(["base_job_template", "storage_configuration"]);
      const set = Object.entries(patch)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) =>
          documents.has(name) ? sql`${raw(name)} = ${value}::json` : sql`${raw(name)} = ${value}`,
        );
      set.push(...setStops(patch, stopMark({ by }, now)), sql`updated = ${now}, updated_by = ${by}::json`);
      return db.transaction(async (query) => {
        const [before] = await query<{ status: string | null }>(
          sql`select status from work_pool where workspace_id = ${ws} and id = ${id} for update`,
        );
        if (!before) return false;
        await tellUpdates(query, { ws, noun: "work_pool", which: sql`id = ${id}`, now }, () =>
          query(sql`update work_pool set ${join(set, ", ")} where workspace_id = ${ws} and id = ${id}`),
        );
        if (patch.status !== undefined && patch.status !== before.status)
          await query(tellChange(ws, "work_pool", id, statusVerb(patch.status), now));
        return true;
      });
    },

    /** Whether a worker of the pool is online at `now`. */
    async hasOnlineWorker(id: string, now: string): Promise<boolean> {
      const rows = await db.query(sql`
        select 1 from worker w where w.workspace_id = ${ws} and w.work_pool_id = ${id} and w.offline_at > ${now}::timestamptz limit 1`);
      return rows.length > 0;
    },

    /**
     * Deletes a pool with its queues and workers. Its deployments and the runs that wait there stay, detached from it.
     * False when there is no such pool.
     */
    async remove(id: string, now: string): Promise<boolean> {
      return db.transaction(async (query) => {
        // Of two who delete at once, one tells.
        const held = await query(sql`select id from work_pool where workspace_id = ${ws} and id = ${id} for update`);
        if (held.length === 0) return false;
        await query(tellChange(ws, "work_pool", id, "deleted", now));
        await query(sql`
        with gone as (delete from work_pool where workspace_id = ${ws} and id = ${id} returning id),
        detached as (
          update deployment d set work_pool_id = null, work_queue_id = null, work_queue_name = null from gone
           where d.workspace_id = ${ws} and d.work_pool_id = gone.id
        ), waiting as (
          update dispatch d set work_pool_id = null, work_queue_id = null from gone
           where d.workspace_id = ${ws} and d.work_pool_id = gone.id returning d.flow_run_id
        ), runs as (
          update flow_run r set work_pool_id = null, work_queue_id = null from waiting
           where r.workspace_id = ${ws} and r.id = waiting.flow_run_id
        )
        select id from gone`);
        return true;
      });
    },

    /**
     * A pool and one of its queues: the default queue when none is named; a named one that is missing is created last in
     * priority. `undefined`: no pool of that name.
     */
    async place(poolName: string, queueName?: string): Promise<WorkPlace | undefined> {
      const chosen = queueName === undefined ? sql`q.id = p.default_queue_id` : sql`q.name = ${queueName}`;
      const [row] = await db.query<{
        id: string;
        name: string;
        type: string;
        queue_id: string | null;
        queue_name: string | null;
      }>(sql`
        select p.id, p.name, p.type, q.id as queue_id, q.name as queue_name
          from work_pool p
          left join work_queue q on q.workspace_id = p.workspace_id and q.work_pool_id = p.id and ${chosen}
         where p.workspace_id = ${ws} and p.name = ${poolName}`);
      if (!row) return undefined;
      const pool = { id: row.id, name: row.name, type: row.type };
      if (row.queue_id !== null && row.queue_name !== null)
        return { pool, queue: { id: row.queue_id, name: row.queue_name } };
      if (queueName === undefined) return undefined;
      await db.transaction((query) => insertQueue(query, { workspaceId: ws, by }, pool.id, { name: queueName }));
      // Made now, by us or by whoever was faster.
      return this.place(poolName, queueName);
    },
  };
}

function matching(ws: string, filter: WorkPoolFilter): Sql[] {
  return [sql`p.workspace_id = ${ws}`, workPoolMatches("p", filter)].filter((condition) => condition !== undefined);
}
