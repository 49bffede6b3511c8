import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { versionInfo } from "../stores/deployment-versions.ts";
import { arrays, type RowId, rowIds, unnest } from "./columns.ts";
import type { FlowRunRow } from "./flow-run-row.ts";
import { execute, isDatabaseDown } from "./statement.ts";

const statement = {
  name: "flow_run_read",
  text: `
    select r.workspace_id, r.id, r.created, r.updated, r.version, r.name, r.flow_id, f.name as flow_name,
           r.deployment_id, r.deployment_version, r.deployment_version_id,
           case when v.id is not null then ${versionInfo("v", "v.id")} end as deployment_version_info, r.work_pool_id, p.name as work_pool_name,
           r.work_queue_id, r.work_queue_name, r.infrastructure_pid, r.flow_version, r.parameters, r.context, r.empirical_policy, r.job_variables, r.labels, r.tags,
           r.idempotency_key, r.parent_task_run_id, r.parent_flow_run_id, r.created_by, r.cancelled_by,
           r.auto_scheduled, r.state_id, r.state_type, r.state_name, r.state_timestamp, r.state_message, r.state_details, r.state_data, r.run_count,
           r.expected_start_time, r.next_scheduled_start_time, r.start_time, r.end_time, r.total_run_time
      from ${unnest(rowIds, { as: "wanted" })}
      join flow_run r on r.workspace_id = wanted.workspace_id and r.id = wanted.id
      left join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id
      left join deployment_version v on v.workspace_id = r.workspace_id and v.id = r.deployment_version_id
      left join work_pool p on p.workspace_id = r.workspace_id and p.id = r.work_pool_id`,
};

/** Reads flow runs by id, many in one statement: engines and CLIs poll this route all day. */
export function flowRunReader(db: Pick<Db, "hot">) {
  return new Batcher<RowId, FlowRunRow | undefined>({
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<FlowRunRow & { workspace_id: string }>(db, statement, arrays(items, rowIds));
      const found = new Map(rows.map(({ workspace_id, ...row }) => [workspace_id + row.id, row]));
      return items.map((item) => found.get(item.workspaceId + item.id));
    },
  });
}
