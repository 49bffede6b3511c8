import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";

/** What Weir writes of a silent run itself: it is no sign of the run's life. */
export const UNREACHABLE_EVENT = "weir.flow-run.unreachable";
/** The name under which Weir's watchdog writes into a run's log. */
export const WATCHDOG_LOGGER = "weir.watchdog";

/** Who could tell that a running flow run lives; instants are ISO text. */
export type WitnessRow = {
  name: string;
  state_id: string;
  /** The newest event or log line of the run; null when it never sent a heartbeat. */
  last_heard: string | null;
  /** Null: it holds no lease. A lease that was lost ended when the run started. */
  leased_until: string | null;
  /** Null: no worker started it. A worker that was deleted went when the run started. */
  worker_until: string | null;
  worker_name: string | null;
};

/** Signs of life of the flow runs of one workspace. */
export function witnesses(db: Db, { workspaceId: ws, retentionDays: days }: Scope) {
  return {
    /** Of one running flow run; `undefined` when it does not run. */
    async of(flowRunId: string): Promise<WitnessRow | undefined> {
      const resource = `prefect.flow-run.${flowRunId}`;
      const [row] = await db.query<WitnessRow>(sql`
        with run as (
          select r.name, r.state_id, r.state_timestamp, r.work_pool_id, r.labels->>'prefect.worker.name' as worker_name,
                 (r.state_details->>'deployment_concurrency_lease_id')::uuid as lease_id
            from flow_run r where r.workspace_id = ${ws} and r.id = ${flowRunId} and r.state_type = 'RUNNING'
        ), told as (
          select e.occurred, v.name from event_resource e
            join event v on v.workspace_id = e.workspace_id and v.occurred = e.occurred and event_key(v.id) = e.event_key
             and v.retention_days = e.retention_days, run
           where e.workspace_id = ${ws} and e.retention_days = ${days} and e.resource_key = resource_key(${ws}, ${resource})
             and e.occurred >= run.state_timestamp and v.name <> ${UNREACHABLE_EVENT}
        ), logged as (
          select max(l.timestamp) as at from log l, run
           where l.workspace_id = ${ws} and l.retention_days = ${days} and l.flow_run_id = ${flowRunId}
             and l.timestamp >= run.state_timestamp and l.name <> ${WATCHDOG_LOGGER}
        ), leased as (
          select max(s.expires_at) as until from concurrency_slot s, run
           where s.workspace_id = ${ws} and (s.holder_id = ${flowRunId} or s.lease_id = run.lease_id)
        )
        select run.name, run.state_id, run.worker_name,
               case when exists (select from told where name = 'prefect.flow-run.heartbeat')
                 then greatest((select max(occurred) from told), logged.at) end as last_heard,
               coalesce(leased.until, case when run.lease_id is not null then run.state_timestamp end) as leased_until,
               case when run.worker_name is not null and run.work_pool_id is not null then coalesce((
                 select w.offline_at from worker w where w.workspace_id = ${ws} and w.work_pool_id = run.work_pool_id
                    and w.name = run.worker_name), run.state_timestamp) end as worker_until
          from run, logged, leased`);
      return row;
    },
  };
}
