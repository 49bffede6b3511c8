import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { Sql } from "../sql.ts";
import { arrays, type Columns, unnest } from "./columns.ts";
import { effects, type StateWrite, stateColumns } from "./flow-run-effects.ts";
import { execute, isDatabaseDown } from "./statement.ts";

/** A decided transition of a flow run. Instants are ISO text, documents JSON text. */
export type FlowRunCommit = StateWrite & {
  workspaceId: string;
  retentionDays: number;
  id: string;
  /** The version the decision was made on: the row moves only from there. */
  version: number;
  run: {
    /** Null: unchanged. */
    policy: string | null;
    runCount: number;
    expectedStartTime: string;
    nextScheduledStartTime: string | null;
    startTime: string | null;
    endTime: string | null;
    totalRunTime: number;
    /** Who cancels it by this, as JSON text; null: nobody in particular. Kept while it is cancelling or cancelled. */
    cancelledBy: string | null;
  };
};

const columns: Columns<FlowRunCommit> = [
  ["workspace_id", "uuid", (c) => c.workspaceId],
  ["retention_days", "int4", (c) => c.retentionDays],
  ["id", "uuid", (c) => c.id],
  ["seen", "int4", (c) => c.version],
  ["policy", "text", (c) => c.run.policy],
  ["run_count", "int4", (c) => c.run.runCount],
  ["expected_start_time", "timestamptz", (c) => c.run.expectedStartTime],
  ["next_scheduled_start_time", "timestamptz", (c) => c.run.nextScheduledStartTime],
  ["start_time", "timestamptz", (c) => c.run.startTime],
  ["end_time", "timestamptz", (c) => c.run.endTime],
  ["total_run_time", "float8", (c) => c.run.totalRunTime],
  ["cancelled_by", "text", (c) => c.run.cancelledBy],
  ...stateColumns<FlowRunCommit>((c) => c.workspaceId),
];

const statement = {
  name: "flow_run_commit",
  text: `
    with moved as (
      update flow_run r
         set version = r.version + 1, updated = i.state_timestamp, state_id = i.state_id, state_type = i.state_type,
             state_name = i.state_name, state_timestamp = i.state_timestamp, state_message = i.state_message,
             state_details = i.state_details::json, state_data = i.state_data::json,
             empirical_policy = coalesce(i.policy::json, r.empirical_policy), run_count = i.run_count,
             expected_start_time = i.expected_start_time, next_scheduled_start_time = i.next_scheduled_start_time,
             start_time = i.start_time, end_time = i.end_time, total_run_time = i.total_run_time,
             cancelled_by = case when i.state_type not in ('CANCELLING', 'CANCELLED') then null
                                 when r.state_type in ('CANCELLING', 'CANCELLED') then r.cancelled_by
                                 else i.cancelled_by::json end
        from ${unnest(columns)}
       where r.workspace_id = i.workspace_id and r.id = i.id and r.version = i.seen
      returning i.*, r.version, r.deployment_id, r.work_pool_id, r.work_queue_id, r.parent_task_run_id,
                r.parent_flow_run_id
    )${effects}
    select workspace_id, id from moved`,
};

/** The same statement as a piece of SQL, for a transition that is stored together with something else. */
export function commitFlowRunSql(item: FlowRunCommit): Sql {
  return new Sql(statement.text.split(/\$\d+/), arrays([item], columns));
}

/** Commits decided transitions by compare-and-set, many in one statement. False: the run had moved on, or is gone. */
export function flowRunCommitter(db: Pick<Db, "hot">) {
  return new Batcher<FlowRunCommit, boolean>({
    key: (item) => item.workspaceId + item.id,
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<{ workspace_id: string; id: string }>(db, statement, arrays(items, columns));
      const moved = new Set(rows.map((row) => row.workspace_id + row.id));
      return items.map((item) => moved.has(item.workspaceId + item.id));
    },
  });
}
