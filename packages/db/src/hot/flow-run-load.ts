import type { JsonText, StateType } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
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
};

const statement = {
  name: "flow_run_for_transition",
  text: `
    select r.workspace_id, r.id, r.version, r.name, r.flow_id, r.deployment_id, r.work_pool_id, r.work_queue_id,
           r.infrastructure_pid, r.parent_task_run_id, r.empirical_policy, r.tags, r.run_count, r.expected_start_time,
           r.next_scheduled_start_time, r.start_time, r.end_time, r.total_run_time, r.created_by, r.state_id, r.state_type,
           r.state_name, r.state_timestamp, r.state_message, r.state_details, r.state_data, f.name as flow_name,
           d.name as deployment_name, q.name as work_queue_name, p.name as work_pool_name, p.type as work_pool_type
      from ${unnest(rowIds, { as: "wanted" })}
      join flow_run r on r.workspace_id = wanted.workspace_id and r.id = wanted.id
      left join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id
      left join deployment d on d.workspace_id = r.workspace_id and d.id = r.deployment_id
      left join work_queue q on q.workspace_id = r.workspace_id and q.id = r.work_queue_id
      left join work_pool p on p.workspace_id = r.workspace_id and p.id = r.work_pool_id`,
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
