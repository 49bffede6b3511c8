import type { JsonText, WorkerFilter } from "@weir/contracts";
import type { Db } from "../client.ts";
import { among, combine, within } from "../filters/conditions.ts";
import type { Hot } from "../hot/hot.ts";
import type { WorkerHeartbeat } from "../hot/worker-heartbeat.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, type Sql, sql } from "../sql.ts";

/** A worker's row. `status` is judged at the moment of reading: ONLINE until `offline_at`. */
export type WorkerRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  work_pool_id: string;
  last_heartbeat_time: string;
  heartbeat_interval_seconds: number;
  status: string;
  metadata: JsonText | null;
};

const order: Order = { by: sql`w.last_heartbeat_time`, type: "timestamptz", descending: true };

/** Workers of one workspace. */
export function workers(db: Db, hot: Hot, { workspaceId: ws }: Scope) {
  return {
    /** Records a heartbeat and gives the worker's id. `undefined`: no such pool. */
    heartbeat: (beat: Omit<WorkerHeartbeat, "workspaceId">) => hot.workerHeartbeat.submit({ ...beat, workspaceId: ws }),

    /** A page of a pool's workers, last seen first. */
    async list(
      poolId: string,
      filter: WorkerFilter,
      now: string,
      position: Position,
      limit: number,
    ): Promise<Page<WorkerRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const where = matching(ws, poolId, filter, now);
      const rows = await db.query<WorkerRow & { sort_key: string }>(sql`
        select ${columns(now)}, ${sortKey(order)}
          from worker w where ${paged(where, order, sql`w.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** How many workers of a pool match. */
    async count(poolId: string, filter: WorkerFilter, now: string): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        sql`select count(*) as count from worker w where ${all(matching(ws, poolId, filter, now))}`,
      );
      return row?.count ?? 0;
    },

    /** One worker of a pool. */
    async get(poolId: string, id: string, now: string): Promise<WorkerRow | undefined> {
      const [row] = await db.query<WorkerRow>(sql`
        select ${columns(now)} from worker w where w.workspace_id = ${ws} and w.work_pool_id = ${poolId} and w.id = ${id}`);
      return row;
    },

    /** Deletes a worker. False when there is none of that name. */
    async remove(poolId: string, name: string): Promise<boolean> {
      const rows = await db.query(sql`
        delete from worker where workspace_id = ${ws} and work_pool_id = ${poolId} and name = ${name} returning id`);
      return rows.length > 0;
    },
  };
}

/** ONLINE until its heartbeats stay away. */
const status = (now: string) => sql`case when w.offline_at > ${now}::timestamptz then 'ONLINE' else 'OFFLINE' end`;

const columns = (now: string) => sql`w.id, w.created, w.updated, w.name, w.work_pool_id, w.last_heartbeat_time,
  w.heartbeat_interval_seconds, ${status(now)} as status, w.metadata`;

function matching(ws: string, poolId: string, filter: WorkerFilter, now: string): Sql[] {
  const own =
    filter &&
    combine(filter.operator, [
      within(sql`w.last_heartbeat_time`, filter.last_heartbeat_time),
      among(sql`(${status(now)})`, filter.status),
    ]);
  return [sql`w.workspace_id = ${ws}`, sql`w.work_pool_id = ${poolId}`, own].filter(
    (one) => one !== undefined && one !== null,
  );
}
