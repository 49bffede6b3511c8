import type { JsonText, WorkerFilter } from "@weir/contracts";
import type { Db } from "../client.ts";
import { anyOf, combine, noneOf, within } from "../filters/conditions.ts";
import type { Hot } from "../hot/hot.ts";
import type { WorkerHeartbeat } from "../hot/worker-heartbeat.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";

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
      const status = sql`case when w.offline_at > ${now}::timestamptz then 'ONLINE' else 'OFFLINE' end`;
      const own =
        filter &&
        combine(filter.operator, [
          combine("and_", within(sql`w.last_heartbeat_time`, filter.last_heartbeat_time)),
          anyOf(sql`(${status})`, filter.status?.any_, "text"),
          noneOf(sql`(${status})`, filter.status?.not_any_, "text"),
        ]);
      const where = [sql`w.workspace_id = ${ws}`, sql`w.work_pool_id = ${poolId}`, own].filter(
        (one) => one !== undefined && one !== null,
      );
      const rows = await db.query<WorkerRow & { sort_key: string }>(sql`
        select w.id, w.created, w.updated, w.name, w.work_pool_id, w.last_heartbeat_time, w.heartbeat_interval_seconds,
               ${status} as status, w.metadata, ${sortKey(order)}
          from worker w where ${paged(where, order, sql`w.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** Deletes a worker. False when there is none of that name. */
    async remove(poolId: string, name: string): Promise<boolean> {
      const rows = await db.query(sql`
        delete from worker where workspace_id = ${ws} and work_pool_id = ${poolId} and name = ${name} returning id`);
      return rows.length > 0;
    },
  };
}
