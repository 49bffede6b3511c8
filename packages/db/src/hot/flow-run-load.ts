import type { JsonText, StateType } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { ACTIVE_IN_POOL, ACTIVE_IN_QUEUE, ACTIVE_OF_SCHEDULE } from "../stores/active-runs.ts";
import { TAKEN } from "../stores/slot-sql.ts";
import { arrays, type RowId, rowIds, unnest } from "./columns.ts";
import { execute, isDatabaseDown } from "./statement.ts";

/** A flow run with every fact that its transition needs: rules, answer and event. `json` columns are JsonText. */
export type FlowRunForTransition = {
  workspace_id: string;
  id: string;
  version: number;
  name: string;
  flow_id: string;
  deployment_id: string | null;
  work_pool_id: string | null;
  work_queue_id: string | null;
  infrastructure_pid: string | null;
  parent_task_run_id: string | null;
  empirical_policy: JsonText;
  tags: string[];
  run_count: number;
  expected_start_time: string;
  next_scheduled_start_time: string | null;
  start_time: string | null;
  end_time: string | null;
  total_run_time: number;
  created_by: JsonText | null;
  state_id: string;
  state_type: StateType;
  state_name: string;
  state_timestamp: string;
  state_message: string | null;
  state_details: JsonText;
  state_data: JsonText | null;
  flow_name: string | null;
  deployment_name: string | null;
  work_queue_name: string | null;
  work_pool_name: string | null;
  work_pool_type: string | null;
  /** How many of its pool's and its queue's runs are active; read where there is a limit and the run is scheduled. */
  pool_limit: number | null;
  pool_active: number | null;
  queue_limit: number | null;
  queue_active: number | null;
  /** The schedule that made it, where that limits how many of its runs are active and the run is scheduled. */
  schedule_id: string | null;
  schedule_name: string | null;
  schedule_limit: number | null;
  schedule_active: number | null;
  /** The limit of its deployment, where that has one which is active; free slots do not count leases that expired. */
  slot_limit_id: string | null;
  slot_limit: number | null;
  slots_free: number | null;
  has_expired_slots: boolean | null;
  concurrency_options: JsonText | null;
  /** The lease that the state names is held still; read for pending runs of limited deployments. */
  is_lease_alive: boolean | null;
};

const statement = {
  name: "flow_run_for_transition",
  text: `
    select r.workspace_id, r.id, r.version, r.name, r.flow_id, r.deployment_id, r.work_pool_id, r.work_queue_id,
           r.infrastructure_pid, r.parent_task_run_id, r.empirical_policy, r.tags, r.run_count, r.expected_start_time,
           r.next_scheduled_start_time, r.start_time, r.end_time, r.total_run_time, r.created_by, r.state_id, r.state_type,
           r.state_name, r.state_timestamp, r.state_message, r.state_details, r.state_data, f.name as flow_name,
           d.name as deployment_name, q.name as work_queue_name, p.name as work_pool_name, p.type as work_pool_type,
           p.concurrency_limit as pool_limit, q.concurrency_limit as queue_limit,
           case when r.state_type = 'SCHEDULED' and p.concurrency_limit is not null then ${ACTIVE_IN_POOL} end::int as pool_active,
           case when r.state_type = 'SCHEDULED' and q.concurrency_limit is not null then ${ACTIVE_IN_QUEUE} end::int as queue_active,
           s.id as schedule_id, r.created_by->>'display_value' as schedule_name, s.max_active_runs as schedule_limit,
           s.active as schedule_active,
           l.id as slot_limit_id, l.slot_limit, l.slot_limit - l.taken as slots_free, l.has_expired as has_expired_slots,
           d.concurrency_options, l.is_lease_alive
      from ${unnest(rowIds, { as: "wanted" })}
      join flow_run r on r.workspace_id = wanted.workspace_id and r.id = wanted.id
      left join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id
      left join deployment d on d.workspace_id = r.workspace_id and d.id = r.deployment_id
      left join work_queue q on q.workspace_id = r.workspace_id and q.id = r.work_queue_id
      left join work_pool p on p.workspace_id = r.workspace_id and p.id = r.work_pool_id
      left join lateral (
        select s.id, s.max_active_runs, ${ACTIVE_OF_SCHEDULE}::int as active from deployment_schedule s
         where r.auto_scheduled and r.state_type = 'SCHEDULED' and s.max_active_runs is not null
           and s.workspace_id = r.workspace_id and s.deployment_id = r.deployment_id
           and s.id::text = r.created_by->>'id') as s on true
      left join lateral (
        select l.id, l.slot_limit, ${TAKEN} as taken,
               exists (select from concurrency_slot s where s.workspace_id = l.workspace_id and s.limit_id = l.id
                          and s.expires_at <= clock_timestamp()) as has_expired,
               case when r.state_type = 'PENDING' then exists (
                 select from concurrency_slot s where s.workspace_id = r.workspace_id and s.limit_id = l.id
                    and s.lease_id = (r.state_details->>'deployment_concurrency_lease_id')::uuid
                    and s.expires_at > clock_timestamp()) end as is_lease_alive
          from concurrency_limit l
         where l.workspace_id = d.workspace_id and l.id = d.concurrency_limit_id and l.active) as l on true`,
};

/** Loads flow runs for transitions, many in one read. `undefined`: no such run in that workspace. */
export function flowRunLoader(db: Pick<Db, "hot">) {
  return new Batcher<RowId, FlowRunForTransition | undefined>({
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<FlowRunForTransition>(db, statement, arrays(items, rowIds));
      const found = new Map(rows.map((row) => [row.workspace_id + row.id, row]));
      return items.map((item) => found.get(item.workspaceId + item.id));
    },
  });
}
