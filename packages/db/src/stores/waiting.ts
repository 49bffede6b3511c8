import type { JsonText } from "@weir/contracts";
import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";
import { activeInQueue } from "./active-runs.ts";

/**
 * A queue where runs wait, its pool, and its last seen workers. `active`: runs that hold a slot of queue or pool; `pause`:
 * who paused it and when, `{at, by}`.
 */
export type WaitingPlaceRow = {
  pool_id: string;
  pool_name: string;
  pool_type: string;
  pool_paused: boolean;
  pool_pause: JsonText | null;
  pool_limit: number | null;
  pool_active: number;
  base_job_template: JsonText;
  queue_id: string;
  queue_name: string;
  queue_paused: boolean;
  queue_pause: JsonText | null;
  queue_limit: number | null;
  queue_active: number;
  last_polled: string | null;
  /** Runs that wait in the queue and are due; counted up to a thousand. */
  due: number;
};

/** Who stopped a deployment and when, each `{at, by}`; null: nobody, or before that was kept. */
export type StopsRow = { pause: JsonText | null; disablement: JsonText | null; schedules: JsonText };

/** A worker of a pool, as it is now. */
export type SeenWorker = { name: string; is_online: boolean; last_heartbeat_time: string };

/** How far the runs that wait are counted. */
const COUNTED = 1000;
/** How many workers are told of. */
const WORKERS = 20;
/** How many active runs of a schedule are told of. */
const HOLDERS = 20;

/** What holds up the runs of one workspace, read as the poll reads it. */
export function waiting(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Where runs of a queue wait. `undefined`: no such queue. */
    async place(queueId: string, now: string): Promise<WaitingPlaceRow | undefined> {
      const [row] = await db.query<WaitingPlaceRow>(sql`
        with sibling as (
          select q.id, ${activeInQueue} as active from work_queue q
           where q.workspace_id = ${ws} and q.work_pool_id =
             (select work_pool_id from work_queue where workspace_id = ${ws} and id = ${queueId})
        )
        select p.id as pool_id, p.name as pool_name, p.type as pool_type, p.is_paused as pool_paused, p.pause as pool_pause,
               p.concurrency_limit as pool_limit, (select sum(active) from sibling)::int as pool_active, p.base_job_template,
               q.id as queue_id, q.name as queue_name, q.is_paused as queue_paused, q.pause as queue_pause,
               q.concurrency_limit as queue_limit,
               (select active from sibling where id = q.id)::int as queue_active, q.last_polled,
               (select count(*) from (select 1 from dispatch d
                 where d.workspace_id = ${ws} and d.work_queue_id = q.id and d.due_at <= ${now}::timestamptz
                   and not d.in_process limit ${COUNTED}) as counted)::int as due
          from work_queue q join work_pool p on p.workspace_id = q.workspace_id and p.id = q.work_pool_id
         where q.workspace_id = ${ws} and q.id = ${queueId}`);
      return row;
    },

    /** Who stopped a deployment and its schedules, these by their ids, and when. `undefined`: no such deployment. */
    async stops(deploymentId: string): Promise<StopsRow | undefined> {
      const [row] = await db.query<StopsRow>(sql`
        select d.pause, d.disablement,
               (select coalesce(json_object_agg(s.id, s.pause), '{}'::json) from deployment_schedule s
                 where s.workspace_id = d.workspace_id and s.deployment_id = d.id) as schedules
          from deployment d where d.workspace_id = ${ws} and d.id = ${deploymentId}`);
      return row;
    },

    /** The active runs of a schedule, first made first. */
    activeOfSchedule(scheduleId: string): Promise<{ id: string; name: string; state: string }[]> {
      return db.query(sql`
        select r.id, r.name, r.state_name as state from flow_run r
         where r.workspace_id = ${ws} and r.created_by->>'id' = ${scheduleId}::text and r.auto_scheduled
           and r.state_type in ('PENDING', 'RUNNING') order by r.id limit ${HOLDERS}`);
    },

    /** A pool's workers, last seen first. */
    workers(poolId: string, now: string): Promise<SeenWorker[]> {
      return db.query<SeenWorker>(sql`
        select name, offline_at > ${now}::timestamptz as is_online, last_heartbeat_time from worker
         where workspace_id = ${ws} and work_pool_id = ${poolId} order by last_heartbeat_time desc, id limit ${WORKERS}`);
    },

    /** A run's place among those that wait to start. `undefined`: it does not wait. */
    async turn(flowRunId: string): Promise<{ due_at: string; in_process: boolean } | undefined> {
      const [row] = await db.query<{ due_at: string; in_process: boolean }>(sql`
        select due_at, in_process from dispatch where workspace_id = ${ws} and flow_run_id = ${flowRunId}`);
      return row;
    },
  };
}
