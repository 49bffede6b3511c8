import type { Db } from "./client.ts";
import type { FleetId } from "./fleet-store.ts";
import { sql } from "./sql.ts";

/** What is to be started in pools of one type, across workspaces, for the loop that starts it. Pools are found by their type. */
export function servedPools(db: Db) {
  return {
    /**
     * Pools with a run that is due, paused ones and those of `except` left out: at most so many, and not always the same, so
     * that pools whose limits are reached do not stand before the others.
     */
    poolsWithDueRuns(type: string, now: string, except: readonly string[], limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select p.workspace_id, p.id from work_pool p cross join lateral (
          select from work_queue q cross join lateral (
            select from dispatch d where d.workspace_id = q.workspace_id and d.work_queue_id = q.id
               and d.due_at <= ${now}::timestamptz and not d.in_process limit 1) as due
           where q.workspace_id = p.workspace_id and q.work_pool_id = p.id and not q.is_paused limit 1) as any_due
         where p.type = ${type} and not p.is_paused and p.id <> all(${except}::uuid[]) order by random() limit ${limit}`);
    },

    /** Queues of pools that were not polled since `since`. Nobody else does it: their pools have no workers. */
    unpolledQueues(type: string, since: string): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select q.workspace_id, q.id from work_pool p
          join work_queue q on q.workspace_id = p.workspace_id and q.work_pool_id = p.id
         where p.type = ${type} and (q.last_polled is null or q.last_polled <= ${since}::timestamptz)`);
    },

    /** Runs that were claimed before `before` and not started since. Those that hold a slot of their queue are looked through. */
    abandonedClaims(type: string, before: string, limit: number): Promise<FleetId[]> {
      return db.query<FleetId>(sql`
        select q.workspace_id, claimed.id
          from work_pool p join work_queue q on q.workspace_id = p.workspace_id and q.work_pool_id = p.id
          cross join lateral (
            select r.id from flow_run r
             where r.workspace_id = q.workspace_id and r.work_queue_id = q.id and r.work_queue_id is not null
               and r.state_type in ('PENDING', 'RUNNING') and r.state_type = 'PENDING' and r.state_name = 'Pending'
               and r.infrastructure_pid is null and r.state_timestamp <= ${before}::timestamptz limit ${limit}) as claimed
         where p.type = ${type} limit ${limit}`);
    },
  };
}
