import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { Sql } from "../sql.ts";
import { arrays, type Columns, textArray, unnest } from "./columns.ts";
import { mark, sources } from "./deployment-mark.ts";
import { effects, type StateWrite, stateColumns } from "./flow-run-effects.ts";
import { execute, isDatabaseDown } from "./statement.ts";

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
  deploymentVersionId: string | null;
  /** The mark of the deployment that the run is made from; null when it is stored whatever has become of that. */
  deploymentMark: string | null;
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

/** A new flow run of a workspace that is known by other means. */
export type NewRun = Omit<FlowRunCreate, "workspaceId" | "retentionDays">;

type InWorkspace = Pick<FlowRunCreate, "workspaceId" | "retentionDays">;

/** The columns of new runs; `scopeOf` tells whose a run is. */
function columnsOf<Item extends NewRun>(scopeOf: (run: Item) => InWorkspace): Columns<Item> {
  return [
    ["workspace_id", "uuid", (c) => scopeOf(c).workspaceId],
    ["retention_days", "int4", (c) => scopeOf(c).retentionDays],
    ["id", "uuid", (c) => c.id],
    ["now", "timestamptz", (c) => c.now],
    ["name", "text", (c) => c.name],
    ["flow_id", "uuid", (c) => c.flowId],
    ["deployment_id", "uuid", (c) => c.deploymentId],
    ["deployment_version", "text", (c) => c.deploymentVersion],
    ["deployment_version_id", "uuid", (c) => c.deploymentVersionId],
    ["deployment_mark", "text", (c) => c.deploymentMark],
    ["work_pool_id", "uuid", (c) => c.workPoolId],
    ["work_queue_id", "uuid", (c) => c.workQueueId],
    ["work_queue_name", "text", (c) => c.workQueueName],
    ["flow_version", "text", (c) => c.flowVersion],
    ["parameters", "text", (c) => c.parameters],
    ["context", "text", (c) => c.context],
    ["policy", "text", (c) => c.policy],
    ["job_variables", "text", (c) => c.jobVariables],
    ["labels", "text", (c) => c.labels],
    ["tags", "text", (c) => textArray(c.tags)],
    ["idempotency_key", "text", (c) => c.idempotencyKey],
    ["parent_task_run_id", "uuid", (c) => c.parentTaskRunId],
    ["parent_flow_run_id", "uuid", (c) => c.parentFlowRunId],
    ["created_by", "text", (c) => c.createdBy],
    ["auto_scheduled", "bool", (c) => c.autoScheduled],
    ["run_count", "int4", (c) => c.run.runCount],
    ["expected_start_time", "timestamptz", (c) => c.run.expectedStartTime],
    ["next_scheduled_start_time", "timestamptz", (c) => c.run.nextScheduledStartTime],
    ["start_time", "timestamptz", (c) => c.run.startTime],
    ["end_time", "timestamptz", (c) => c.run.endTime],
    ...stateColumns<Item>((c) => scopeOf(c).workspaceId),
  ];
}

const columns = columnsOf<FlowRunCreate>((run) => run);

/** Runs without a mark need no look at their deployment. */
const markedDeployment = "case when i.deployment_mark is not null then i.deployment_id end";

const statement = {
  name: "flow_run_create",
  text: `
    with i as (
      select i.*, i.deployment_mark is null or i.deployment_mark = ${mark} as is_fresh
        from ${unnest(columns)} left join ${sources("i.workspace_id", markedDeployment)}
    ), made as (
      insert into flow_run (workspace_id, id, created, updated, version, name, flow_id, deployment_id, deployment_version,
        deployment_version_id, work_pool_id, work_queue_id, work_queue_name, flow_version, parameters, context, empirical_policy, job_variables,
        labels, tags, idempotency_key, parent_task_run_id, parent_flow_run_id, created_by, auto_scheduled, state_id,
        state_type, state_name, state_timestamp, state_message, state_details, state_data, run_count, expected_start_time,
        next_scheduled_start_time, start_time, end_time)
      select workspace_id, id, now, now, 1, name, flow_id, deployment_id, deployment_version, deployment_version_id,
             work_pool_id, work_queue_id, work_queue_name, flow_version, parameters::json, context::json, policy::json, job_variables::json, labels::json,
             tags::text[], idempotency_key, parent_task_run_id, parent_flow_run_id, created_by::json, auto_scheduled,
             state_id, state_type, state_name, state_timestamp, state_message, state_details::json, state_data::json,
             run_count, expected_start_time, next_scheduled_start_time, start_time, end_time
        from i where is_fresh
      on conflict (workspace_id, flow_id, idempotency_key) do nothing
      returning workspace_id, id, version
    ), moved as (
      select i.*, made.version from i join made on made.workspace_id = i.workspace_id and made.id = i.id
    )${effects}
    select i.workspace_id, i.id,
           case when not i.is_fresh then 'stale' when made.id is null then 'known' else 'made' end as creation
      from i left join made on made.workspace_id = i.workspace_id and made.id = i.id`,
};

/** What became of a new run: stored, or there is one of its flow and idempotency key, or its deployment is not what it was. */
type Creation = "made" | "known" | "stale";

type Row = { workspace_id: string; id: string; creation: Creation };

const pieces = statement.text.split(/\$\d+/);

/**
 * Creates flow runs of one workspace within a transaction of the caller's. Gives how many are new; the others' idempotency
 * keys are known.
 */
export async function createFlowRuns(
  query: (statement: Sql, prepared: string) => Promise<Row[]>,
  scope: InWorkspace,
  items: readonly NewRun[],
): Promise<number> {
  const values = arrays(
    items,
    columnsOf(() => scope),
  );
  const rows = await query(new Sql(pieces, values), statement.name);
  return rows.filter(({ creation }) => creation === "made").length;
}

/** Creates flow runs, many in one statement. Of one that is known, or whose deployment is stale, nothing was written. */
export function flowRunCreator(db: Pick<Db, "hot">) {
  return new Batcher<FlowRunCreate, Creation>({
    key: (item) => (item.idempotencyKey === null ? item.id : item.workspaceId + item.flowId + item.idempotencyKey),
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<Row>(db, statement, arrays(items, columns));
      const found = new Map(rows.map((row) => [row.workspace_id + row.id, row.creation]));
      return items.map((item) => found.get(item.workspaceId + item.id) ?? "stale");
    },
  });
}
