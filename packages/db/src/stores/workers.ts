import type { JsonText, WorkerFilter, WorkerSort } from "@weir/contracts";
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
  /** Whole seconds, for clients read nothing else: what is between counts up. */
  heartbeat_interval_seconds: number;
  status: string;
  metadata_: JsonText | null;
  client_version: string | null;
  created_by: JsonText | null;
};

const orderOf = (sort: WorkerSort, now: string): Order => {
  const descending = sort.endsWith("_DESC");
  if (sort.startsWith("LAST_HEARTBEAT")) return { by: sql`w.last_heartbeat_time`, type: "timestamptz", descending };
  if (sort.startsWith("STATUS")) return { by: sql`(${status(now)})`, type: "text", descending };
  return { by: sort.startsWith("NAME") ? sql`w.name` : sql`coalesce(w.client_version, '')`, type: "text", descending };
};

/** Workers of one workspace. */
export function workers(db: Db, hot: Hot, { workspaceId: ws, by }: Scope) {
  return {
    /** Records a heartbeat and gives the worker's id. `undefined`: no such pool. */
    heartbeat: (beat: Omit<WorkerHeartbeat, "workspaceId" | "createdBy">) =>
      hot.workerHeartbeat.submit({ ...beat, workspaceId: ws, createdBy: by }),

    /** A page of a pool's workers. */
    async list(
      poolId: string,
      filter: WorkerFilter,
      sort: WorkerSort,
      now: string,
      position: Position,
      limit: number,
    ): Promise<Page<WorkerRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const where = matching(ws, poolId, filter, now);
      const order = orderOf(sort, now);
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
  ceil(w.heartbeat_interval_seconds)::int as heartbeat_interval_seconds, ${status(now)} as status, w.metadata as metadata_,
  w.client_version, w.created_by`;

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
