import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { Sql } from "../sql.ts";
import { effects, type StateWrite, stateColumns, statePicks, textArray, unnest } from "./flow-run-effects.ts";
import { columns, execute, isDatabaseDown } from "./statement.ts";

/** A new flow run in its first state. Instants are ISO text, documents JSON text. */
export type FlowRunCreate = StateWrite & {
  workspaceId: string;
  retentionDays: number;
  id: string;
  now: string;
  name: string;
  flowId: string;
  deploymentId: string | null;
  deploymentVersion: string | null;
  workPoolId: string | null;
  workQueueId: string | null;
  workQueueName: string | null;
  flowVersion: string | null;
  parameters: string;
  context: string;
  policy: string;
  jobVariables: string;
  labels: string;
  tags: string[];
  idempotencyKey: string | null;
  parentTaskRunId: string | null;
  parentFlowRunId: string | null;
  createdBy: string | null;
  autoScheduled: boolean;
  run: {
    runCount: number;
    expectedStartTime: string;
    nextScheduledStartTime: string | null;
    startTime: string | null;
    endTime: string | null;
  };
};

const inputs = [
  ["workspace_id", "uuid"],
  ["retention_days", "int"],
  ["id", "uuid"],
  ["now", "timestamptz"],
  ["name", "text"],
  ["flow_id", "uuid"],
  ["deployment_id", "uuid"],
  ["deployment_version", "text"],
  ["work_pool_id", "uuid"],
  ["work_queue_id", "uuid"],
  ["work_queue_name", "text"],
  ["flow_version", "text"],
  ["parameters", "text"],
  ["context", "text"],
  ["policy", "text"],
  ["job_variables", "text"],
  ["labels", "text"],
  ["tags", "text"],
  ["idempotency_key", "text"],
  ["parent_task_run_id", "uuid"],
  ["parent_flow_run_id", "uuid"],
  ["created_by", "text"],
  ["auto_scheduled", "bool"],
  ["run_count", "int"],
  ["expected_start_time", "timestamptz"],
  ["next_scheduled_start_time", "timestamptz"],
  ["start_time", "timestamptz"],
  ["end_time", "timestamptz"],
  ...stateColumns,
] as const;

const picks: ((item: FlowRunCreate) => unknown)[] = [
  (c) => c.workspaceId,
  (c) => c.retentionDays,
  (c) => c.id,
  (c) => c.now,
  (c) => c.name,
  (c) => c.flowId,
  (c) => c.deploymentId,
  (c) => c.deploymentVersion,
  (c) => c.workPoolId,
  (c) => c.workQueueId,
  (c) => c.workQueueName,
  (c) => c.flowVersion,
  (c) => c.parameters,
  (c) => c.context,
  (c) => c.policy,
  (c) => c.jobVariables,
  (c) => c.labels,
  (c) => textArray(c.tags),
  (c) => c.idempotencyKey,
  (c) => c.parentTaskRunId,
  (c) => c.parentFlowRunId,
  (c) => c.createdBy,
  (c) => c.autoScheduled,
  (c) => c.run.runCount,
  (c) => c.run.expectedStartTime,
  (c) => c.run.nextScheduledStartTime,
  (c) => c.run.startTime,
  (c) => c.run.endTime,
  ...statePicks,
];

const statement = {
  name: "flow_run_create",
  text: `
    with i as (select * from ${unnest(inputs)}), made as (
      insert into flow_run (workspace_id, id, created, updated, version, name, flow_id, deployment_id, deployment_version,
        work_pool_id, work_queue_id, work_queue_name, flow_version, parameters, context, empirical_policy, job_variables,
        labels, tags, idempotency_key, parent_task_run_id, parent_flow_run_id, created_by, auto_scheduled, state_id,
        state_type, state_name, state_timestamp, state_message, state_details, state_data, run_count, expected_start_time,
        next_scheduled_start_time, start_time, end_time)
      select workspace_id, id, now, now, 1, name, flow_id, deployment_id, deployment_version, work_pool_id, work_queue_id,
             work_queue_name, flow_version, parameters::json, context::json, policy::json, job_variables::json, labels::json,
             tags::text[], idempotency_key, parent_task_run_id, parent_flow_run_id, created_by::json, auto_scheduled,
             state_id, state_type, state_name, state_timestamp, state_message, state_details::json, state_data::json,
             run_count, expected_start_time, next_scheduled_start_time, start_time, end_time
        from i
      on conflict (workspace_id, flow_id, idempotency_key) do nothing
      returning workspace_id, id, version
    ), moved as (
      select i.*, made.version from i join made on made.workspace_id = i.workspace_id and made.id = i.id
    )${effects}
    select workspace_id, id from moved`,
};

/** The same statement as a piece of SQL, for those who create runs within a transaction of their own. */
export function createFlowRunsSql(items: readonly FlowRunCreate[]): Sql {
  return new Sql(statement.text.split(/\$\d+/), columns(items, picks));
}

/** Creates flow runs, many in one statement. False: one with that flow and idempotency key exists, nothing was written. */
export function flowRunCreator(db: Pick<Db, "hot">) {
  return new Batcher<FlowRunCreate, boolean>({
    key: (item) => (item.idempotencyKey === null ? item.id : item.workspaceId + item.flowId + item.idempotencyKey),
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<{ workspace_id: string; id: string }>(db, statement, columns(items, picks));
      const made = new Set(rows.map((row) => row.workspace_id + row.id));
      return items.map((item) => made.has(item.workspaceId + item.id));
    },
  });
}
