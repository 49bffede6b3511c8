import { FlowRunSort, type JsonText, NIL_UUID, notFound, RunFilters, type StateType, Uuid } from "@weir/contracts";
import type { FlowRunRow, WorkspaceStore } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { lateness } from "../flow-run/wire.ts";

/** A thing that a screen links to. */
export type Named = { id: string; name: string };

/** A state as a screen shows it. */
export type ShownState = { type: StateType; name: string; message: string | null; timestamp: string };

/** A flow run as a row of a list. Times are ISO instants, durations seconds. */
export type ListedFlowRun = {
  id: string;
  /** Grows with each state: of two readings, the greater one is newer. */
  version: number;
  name: string;
  state: ShownState;
  flow: Named;
  deployment: Named | null;
  workPool: string | null;
  workQueue: string | null;
  expectedStartTime: string;
  startTime: string | null;
  endTime: string | null;
  latenessSeconds: number;
  /** Time in earlier RUNNING states; the one that lasts began at the state's timestamp. */
  runSeconds: number;
  runCount: number;
  tags: string[];
  parentFlowRunId: string | null;
};

/** A page of flow runs and where the next one begins. `now` is the server's clock, for durations that tick. */
export type FlowRunPage = { items: ListedFlowRun[]; next: [key: string, id: string] | null; now: string };

/** A page of flow runs by keyset, with the names that a list shows. */
export const pageFlowRuns = defineVerb({
  name: "flow_run.page",
  permission: "see_flows",
  input: RunFilters.extend({
    sort: FlowRunSort,
    after: z.tuple([z.string().max(200), Uuid]).nullish(),
    limit: z.number().int().min(1).max(200).default(50),
  }),
  async run(ctx, { sort, after, limit, ...filters }): Promise<FlowRunPage> {
    const page = await ctx.store.flowRuns.list(filters, sort, after ? { after } : { offset: 0 }, limit);
    return { items: await listed(ctx, page.rows), next: page.next ? [...page.next] : null, now: ctx.nowIso };
  },
});

/** Flow runs by id, those that are gone left out: what a list reads again after a hint. */
export const flowRunsById = defineVerb({
  name: "flow_run.by_id",
  permission: "see_flows",
  input: z.object({ ids: z.array(Uuid).max(200) }),
  async run(ctx, { ids }): Promise<FlowRunPage> {
    const page = await ctx.store.flowRuns.list({ flow_runs: { id: { any_: ids } } }, "ID_DESC", { offset: 0 }, 200);
    return { items: await listed(ctx, page.rows), next: null, now: ctx.nowIso };
  },
});

/** Everything the page of one flow run says of it. Documents are the JSON text that was sent. */
export type FlowRunDetail = ListedFlowRun & {
  created: string;
  updated: string;
  flowVersion: string | null;
  deploymentVersion: string | null;
  infrastructurePid: string | null;
  idempotencyKey: string | null;
  autoScheduled: boolean;
  createdBy: string | null;
  /** Null: it is not cancelled, or nobody in particular did it. */
  cancelledBy: string | null;
  parent: (Named & { viaTaskRunId: string | null }) | null;
  retries: number;
  parameters: string;
  jobVariables: string;
  context: string;
  labels: string;
  empiricalPolicy: string;
  now: string;
};

/** One flow run with its flow, deployment and parent. */
export const readFlowRunDetail = defineVerb({
  name: "flow_run.detail",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }): Promise<FlowRunDetail> {
    const row = await ctx.store.flowRuns.get(id);
    if (!row) throw notFound("Flow run");
    const [[item], parent] = await Promise.all([
      listed(ctx, [row]),
      row.parent_flow_run_id ? ctx.store.flowRuns.get(row.parent_flow_run_id) : undefined,
    ]);
    if (!item) throw notFound("Flow run");
    const retries = row.empirical_policy.object().retries;
    return {
      ...item,
      created: row.created,
      updated: row.updated,
      flowVersion: row.flow_version,
      deploymentVersion: row.deployment_version,
      infrastructurePid: row.infrastructure_pid,
      idempotencyKey: row.idempotency_key,
      autoScheduled: row.auto_scheduled,
      createdBy: nameOf(row.created_by),
      cancelledBy: nameOf(row.cancelled_by),
      parent: parent ? { id: parent.id, name: parent.name, viaTaskRunId: row.parent_task_run_id } : null,
      retries: typeof retries === "number" ? retries : 0,
      parameters: text(row.parameters),
      jobVariables: text(row.job_variables),
      context: text(row.context),
      labels: text(row.labels),
      empiricalPolicy: text(row.empirical_policy),
      now: ctx.nowIso,
    };
  },
});

/** Rows as a list shows them, their flows' and deployments' names read once each. */
export async function listed(
  { store, now }: Pick<Ctx, "store" | "now">,
  rows: readonly FlowRunRow[],
): Promise<ListedFlowRun[]> {
  const [flows, deployments] = await Promise.all([
    flowNames(
      store,
      rows.map((row) => row.flow_id),
    ),
    deploymentNames(
      store,
      rows.flatMap((row) => row.deployment_id ?? []),
    ),
  ]);
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    name: row.name,
    state: { type: row.state_type, name: row.state_name, message: row.state_message, timestamp: row.state_timestamp },
    flow: { id: row.flow_id, name: flows.get(row.flow_id) ?? "deleted flow" },
    deployment: row.deployment_id
      ? { id: row.deployment_id, name: deployments.get(row.deployment_id) ?? "deleted deployment" }
      : null,
    workPool: row.work_pool_name,
    workQueue: row.work_queue_name,
    expectedStartTime: row.expected_start_time,
    startTime: row.start_time,
    endTime: row.end_time,
    latenessSeconds: lateness(row, now),
    runSeconds: row.total_run_time,
    runCount: row.run_count,
    tags: row.tags,
    parentFlowRunId: row.parent_flow_run_id,
  }));
}

async function flowNames(store: WorkspaceStore, ids: string[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const { rows } = await store.flows.list(
    { flows: { id: { any_: wanted } } },
    "NAME_ASC",
    { offset: 0 },
    wanted.length,
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}

async function deploymentNames(store: WorkspaceStore, ids: string[]): Promise<Map<string, string>> {
  const wanted = [...new Set(ids)].filter((id) => id !== NIL_UUID);
  if (wanted.length === 0) return new Map();
  const { rows } = await store.deployments.list(
    { deployments: { id: { any_: wanted } } },
    "NAME_ASC",
    { offset: 0 },
    wanted.length,
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}

function nameOf(actor: JsonText | null): string | null {
  const name = actor?.object().display_value;
  return typeof name === "string" ? name : null;
}

function text(document: JsonText): string {
  return document.text;
}
