import type { JsonText } from "@weir/contracts";
import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";

/** A background task to hand out; `details` are of the state that put it in the queue. */
export type ClaimedTask = { id: string; details: JsonText };

/** A connected task worker. */
export type TaskWorkerRow = { identifier: string; task_keys: string[]; timestamp: string };

/** A task worker was connected if it was seen within so many seconds. */
const SEEN_WITHIN_SECONDS = 30;

const waits = sql`t.state_type in ('SCHEDULED', 'PENDING')`;

/**
 * The queue of background tasks of one workspace. A task that was handed to a worker stays until it runs: when the worker
 * is silent for longer than the lease, another gets it. All times are PostgreSQL's, so clocks that differ change nothing.
 */
export function queuedTasks(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Claims the task that has waited longest of those with these keys, for a worker. `undefined`: none waits. */
    async claim(keys: readonly string[], holder: string, leaseSeconds: number): Promise<ClaimedTask | undefined> {
      const [row] = await db.query<ClaimedTask>(sql`
        with free as (
          select q.task_run_id from unnest(${keys}::text[]) as wanted (task_key) cross join lateral (
            select q.task_run_id, q.free_at from queued_task q
              join task_run t on t.workspace_id = q.workspace_id and t.id = q.task_run_id
             where q.workspace_id = ${ws} and q.task_key = wanted.task_key and q.free_at <= now() and ${waits}
             order by q.free_at limit 1 for update of q skip locked) as q
           order by q.free_at limit 1
        )
        update queued_task q
           set holder = ${holder}, is_acked = false, free_at = now() + make_interval(secs => ${leaseSeconds}) from free
         where q.workspace_id = ${ws} and q.task_run_id = free.task_run_id
        returning q.task_run_id as id, q.details`);
      return row;
    },

    /** Notes that the worker has a task. */
    async ack(id: string, holder: string): Promise<boolean> {
      const rows = await db.query(sql`
        update queued_task set is_acked = true where workspace_id = ${ws} and task_run_id = ${id} and holder = ${holder}
        returning task_run_id`);
      return rows.length > 0;
    },

    /** Gives back a task that its worker did not take. */
    async release(id: string, holder: string): Promise<boolean> {
      const rows = await db.query(sql`
        with freed as (
          update queued_task set holder = null, free_at = now()
           where workspace_id = ${ws} and task_run_id = ${id} and holder = ${holder} and not is_acked returning task_key
        ), told as (
          insert into outbox (workspace_id, noun, keys)
          select ${ws}::uuid, 'queued_task', json_build_array(task_key)::text from freed
        )
        select task_key from freed`);
      return rows.length > 0;
    },

    /** A worker is connected: it keeps what it took, and what of that runs has left the queue. */
    async keep(holder: string, keys: readonly string[], leaseSeconds: number): Promise<void> {
      await db.query(sql`
        with seen as (
          insert into task_worker (workspace_id, client_id, task_keys, last_seen)
          values (${ws}, ${holder}, ${keys}::text[], now())
          on conflict (workspace_id, client_id) do update set task_keys = excluded.task_keys, last_seen = excluded.last_seen
        ), held as (
          select q.task_run_id, coalesce(${waits}, false) as waits from queued_task q
            left join task_run t on t.workspace_id = q.workspace_id and t.id = q.task_run_id
           where q.workspace_id = ${ws} and q.holder = ${holder} and q.is_acked
        ), gone as (
          delete from queued_task q using held
           where not held.waits and q.workspace_id = ${ws} and q.task_run_id = held.task_run_id and q.holder = ${holder}
        )
        update queued_task q set free_at = now() + make_interval(secs => ${leaseSeconds}) from held
         where held.waits and q.workspace_id = ${ws} and q.task_run_id = held.task_run_id and q.holder = ${holder}`);
    },

    /** A worker has left. What it took comes back when its lease ends: it may only be coming again. */
    async leave(holder: string): Promise<void> {
      await db.query(sql`delete from task_worker where workspace_id = ${ws} and client_id = ${holder}`);
    },

    /** A task's place in the queue. `undefined`: it is not in it. */
    async place(id: string): Promise<{ free_at: string; holder: string | null } | undefined> {
      const [row] = await db.query<{ free_at: string; holder: string | null }>(sql`
        select free_at, holder from queued_task where workspace_id = ${ws} and task_run_id = ${id}`);
      return row;
    },

    /** Connected task workers, those that serve one of `keys` when any are given. */
    workers(keys: readonly string[]): Promise<TaskWorkerRow[]> {
      return db.query<TaskWorkerRow>(sql`
        select client_id as identifier, task_keys, last_seen as timestamp from task_worker
         where workspace_id = ${ws} and last_seen > now() - make_interval(secs => ${SEEN_WITHIN_SECONDS})
           and (cardinality(${keys}::text[]) = 0 or task_keys && ${keys}::text[])
         order by client_id limit 200`);
    },
  };
}
