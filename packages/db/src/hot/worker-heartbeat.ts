import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { toldChanges } from "../facts.ts";
import { arrays, type Columns, unnest } from "./columns.ts";
import { execute, isDatabaseDown } from "./statement.ts";

/** A sign of life of a worker. `id` is its id if it was not known before. Instants are ISO text. */
export type WorkerHeartbeat = {
  workspaceId: string;
  poolName: string;
  id: string;
  name: string;
  now: string;
  intervalSeconds: number;
  /** When it counts as offline unless it speaks again. */
  offlineAt: string;
  /** JSON text; null leaves what is stored. */
  metadata: string | null;
  /** The version of its client; null leaves what is stored. */
  clientVersion: string | null;
  /** Who made it, if it was not known before: JSON text. */
  createdBy: string | null;
};

const columns: Columns<WorkerHeartbeat> = [
  ["workspace_id", "uuid", (b) => b.workspaceId],
  ["pool_name", "text", (b) => b.poolName],
  ["id", "uuid", (b) => b.id],
  ["name", "text", (b) => b.name],
  ["now", "timestamptz", (b) => b.now],
  ["interval_seconds", "float8", (b) => b.intervalSeconds],
  ["offline_at", "timestamptz", (b) => b.offlineAt],
  ["metadata", "text", (b) => b.metadata],
  ["client_version", "text", (b) => b.clientVersion],
  ["created_by", "text", (b) => b.createdBy],
];

const statement = {
  name: "worker_heartbeat",
  text: `
    with i as (
      select i.*, p.id as pool_id from ${unnest(columns)} join work_pool p on p.workspace_id = i.workspace_id and p.name = i.pool_name
       order by i.workspace_id, p.id, i.name
    ), alive as (
      insert into worker (workspace_id, id, created, updated, work_pool_id, name, status, last_heartbeat_time,
                          heartbeat_interval_seconds, offline_at, metadata, client_version, created_by)
      select workspace_id, id, now, now, pool_id, name, 'ONLINE', now, interval_seconds, offline_at, metadata::json,
             client_version, created_by::json from i
      on conflict (workspace_id, work_pool_id, name) do update
         set updated = excluded.updated, status = 'ONLINE', last_heartbeat_time = excluded.last_heartbeat_time,
             heartbeat_interval_seconds = excluded.heartbeat_interval_seconds, offline_at = excluded.offline_at,
             metadata = coalesce(excluded.metadata, worker.metadata),
             client_version = coalesce(excluded.client_version, worker.client_version)
      returning workspace_id, work_pool_id, name, id
    ), ready as (
      update work_pool p set status = 'READY' from (
        select workspace_id, pool_id, max(now) as at from i group by workspace_id, pool_id) as polled
       where p.workspace_id = polled.workspace_id and p.id = polled.pool_id and p.status = 'NOT_READY'
      returning p.workspace_id, p.id, 'ready' as verb, polled.at, '{}'::json as payload
    )${toldChanges({ work_pool: "ready" })}
    select i.workspace_id, i.pool_name, i.name, alive.id
      from i join alive on alive.workspace_id = i.workspace_id and alive.work_pool_id = i.pool_id and alive.name = i.name`,
};

/** Records heartbeats, many in one statement; gives each worker's id. `undefined`: no such pool, nothing was written. */
export function workerHeartbeats(db: Pick<Db, "hot">) {
  const keyOf = (beat: { workspaceId: string; poolName: string; name: string }) =>
    JSON.stringify([beat.workspaceId, beat.poolName, beat.name]);
  return new Batcher<WorkerHeartbeat, string | undefined>({
    key: keyOf,
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<{ workspace_id: string; pool_name: string; name: string; id: string }>(
        db,
        statement,
        arrays(items, columns),
      );
      const ids = new Map(
        rows.map((row) => [keyOf({ workspaceId: row.workspace_id, poolName: row.pool_name, name: row.name }), row.id]),
      );
      return items.map((item) => ids.get(keyOf(item)));
    },
  });
}
