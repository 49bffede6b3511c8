import { type Actor, creatorOf } from "@weir/auth";
import {
  Document,
  EMPTY_OBJECT,
  type EmpiricalPolicy,
  formatInstant,
  type JsonText,
  jsonText,
  type Micros,
  notFound,
  type ProposedState,
  StateInput,
  Tags,
  Text,
  toWire,
  Uuid,
  WeirError,
} from "@weir/contracts";
import { decideFlowRun } from "@weir/core";
import type { DeploymentForRuns, FlowRunRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { forRuns } from "../deployment/for-runs.ts";
import { newId } from "../ids.ts";
import { runName } from "./slug.ts";
import { runColumns, stateWrite } from "./transition.ts";
import { wireFlowRun } from "./wire.ts";

const MAX_PARAMETERS_BYTES = 524_288;

/** A flow run to create; every document is JSON text. */
export type NewFlowRun = {
  flow: { id: string; name: string | null };
  /** With a mark, it is stored only as long as the deployment still bears it. */
  deployment?: (Pick<DeploymentForRuns, "id" | "name" | "version" | "version_id"> & { mark?: string }) | undefined;
  /** What the deployment's version is told as in the answer. */
  versionInfo?: JsonText | null | undefined;
  workQueue?: { id: string; name: string } | undefined;
  workPool?: { id: string; name: string; type: string } | undefined;
  name?: string | undefined;
  state: ProposedState | undefined;
  flowVersion?: string | null | undefined;
  parameters: JsonText;
  context: JsonText;
  policy: EmpiricalPolicy;
  jobVariables: JsonText;
  labels: JsonText;
  tags: string[];
  idempotencyKey?: string | null | undefined;
  parentTaskRunId?: string | null | undefined;
  autoScheduled?: boolean;
  createdBy?: { id: string; type: string; display_value: string } | null;
};

/** A created run, or the one that its flow and idempotency key already name. */
export type CreatedFlowRun = { isNew: boolean; body: Record<string, unknown> };

/** Creates a flow run of a flow; what the engine does before it runs one. */
export const createFlowRun = defineVerb({
  name: "flow_run.create",
  permission: "run_flows",
  input: z.object({
    flow_id: Uuid,
    deployment_id: Uuid.nullish(),
    name: Text.nullish(),
    state: StateInput.nullish(),
    flow_version: Text.nullish(),
    parameters: Document.optional(),
    context: Document.optional(),
    empirical_policy: Document.optional(),
    job_variables: Document.optional(),
    labels: Document.optional(),
    tags: Tags.nullish(),
    idempotency_key: Text.nullish(),
    parent_task_run_id: Uuid.nullish(),
    work_pool_name: z.string().nullish(),
    work_queue_name: z.string().nullish(),
  }),
  async run(ctx, input): Promise<CreatedFlowRun> {
    const { store } = ctx;
    const flow = await store.flows.get(input.flow_id);
    if (!flow) throw notFound("Flow");
    const place = input.work_pool_name
      ? await store.workPools.place(input.work_pool_name, input.work_queue_name ?? undefined)
      : undefined;
    if (input.work_pool_name && !place)
      throw new WeirError("missing", `Work pool "${input.work_pool_name}" not found.`);
    return forRuns(ctx, input.deployment_id, (deployment) =>
      storeNewFlowRun(ctx, {
        flow: { id: flow.id, name: flow.name },
        deployment,
        versionInfo: deployment?.live_version_info,
        workQueue: place?.queue,
        workPool: place?.pool,
        name: input.name ?? undefined,
        state: input.state ?? undefined,
        flowVersion: input.flow_version,
        parameters: documentOr(input.parameters),
        context: documentOr(input.context),
        policy: documentOr(input.empirical_policy).object() as EmpiricalPolicy,
        jobVariables: documentOr(input.job_variables),
        labels: mergeLabels(flow.labels, documentOr(input.labels), { "prefect.flow.id": flow.id }),
        tags: input.tags ?? [],
        idempotencyKey: input.idempotency_key,
        parentTaskRunId: input.parent_task_run_id,
      }),
    );
  },
});

/** Who makes a run, and when. */
type Maker = { actor: Actor; now: Micros; parentFlowRunId: string | null };

/** Composes a new run in its first state (PENDING unless told), by the minimal policy: everything that storing it writes. */
export function composeFlowRun({ actor, now, parentFlowRunId }: Maker, given: NewFlowRun) {
  const nowIso = formatInstant(now);
  if (given.parameters.text.length > MAX_PARAMETERS_BYTES) {
    throw new WeirError(
      "invalid",
      `Flow run parameters must be less than ${MAX_PARAMETERS_BYTES} bytes when serialized.`,
    );
  }
  const id = newId(now);
  const proposed = given.state ?? { type: "PENDING", name: "Pending", message: null, data: null, details: {} };
  const decision = decideFlowRun("minimal", {
    run: {
      id,
      deploymentId: given.deployment?.id ?? null,
      parentTaskRunId: given.parentTaskRunId ?? null,
      infrastructurePid: null,
      policy: given.policy,
      runCount: 0,
      expectedStartTime: null,
      nextScheduledStartTime: null,
      startTime: null,
      endTime: null,
      totalRunSeconds: 0,
      isDeploymentGone: false,
      slots: null,
      activeLimits: [],
    },
    current: null,
    proposed,
    now,
    stateId: newId(now),
    random: Math.random(),
  });
  if (decision.kind !== "store") throw new WeirError("bad_request", `The first state was refused: ${decision.reason}`);
  const name = given.name || runName(Math.random);
  const createdBy = given.createdBy === undefined ? creatorOf(actor) : given.createdBy;
  const subject = {
    id,
    name,
    runCount: decision.run.runCount,
    tags: given.tags,
    parentTaskRunId: given.parentTaskRunId ?? null,
    flow: given.flow,
    deployment: given.deployment ?? null,
    workQueue: given.workQueue ?? null,
    workPool: given.workPool ?? null,
    creator: createdBy,
  };
  const columns = runColumns(decision.run);
  const write = stateWrite(subject, null, decision.state, decision.run, now);
  const made = {
    id,
    now: nowIso,
    name,
    flowId: given.flow.id,
    deploymentId: given.deployment?.id ?? null,
    deploymentVersion: given.deployment?.version ?? null,
    deploymentVersionId: given.deployment?.version_id ?? null,
    deploymentMark: given.deployment?.mark ?? null,
    workPoolId: given.workPool?.id ?? null,
    workQueueId: given.workQueue?.id ?? null,
    workQueueName: given.workQueue?.name ?? null,
    flowVersion: given.flowVersion ?? null,
    parameters: given.parameters.text,
    context: given.context.text,
    policy: toWire(decision.run.policy),
    jobVariables: given.jobVariables.text,
    labels: given.labels.text,
    tags: given.tags,
    idempotencyKey: given.idempotencyKey ?? null,
    parentTaskRunId: given.parentTaskRunId ?? null,
    parentFlowRunId,
    createdBy: createdBy === null ? null : toWire(createdBy),
    autoScheduled: given.autoScheduled ?? false,
    ...write,
    run: columns,
  };
  return { made, decision, createdBy };
}

/**
 * Stores a new run in its first state. One round trip, two on a repeated key. "stale": its deployment no longer bears the
 * mark that it was made from.
 */
export async function storeNewFlowRun(ctx: Ctx, given: NewFlowRun): Promise<CreatedFlowRun | "stale"> {
  const { store, now, nowIso } = ctx;
  const parentFlowRunId = given.parentTaskRunId
    ? ((await store.taskRuns.get(given.parentTaskRunId))?.flow_run_id ?? null)
    : null;
  const { made, decision, createdBy } = composeFlowRun({ actor: ctx.grant.actor, now, parentFlowRunId }, given);
  const { id, name, run: columns } = made;
  const outcome = await store.flowRuns.create(made);
  if (outcome === "stale") return "stale";
  if (outcome === "made") {
    const row: FlowRunRow = {
      id,
      created: nowIso,
      updated: nowIso,
      version: 1,
      name,
      flow_id: made.flowId,
      flow_name: given.flow.name,
      deployment_id: made.deploymentId,
      deployment_version: made.deploymentVersion,
      deployment_version_id: made.deploymentVersionId,
      deployment_version_info: given.versionInfo ?? null,
      work_pool_id: made.workPoolId,
      work_pool_name: given.workPool?.name ?? null,
      work_queue_id: made.workQueueId,
      work_queue_name: made.workQueueName,
      infrastructure_pid: null,
      flow_version: made.flowVersion,
      parameters: given.parameters,
      context: given.context,
      empirical_policy: jsonText(decision.run.policy),
      job_variables: given.jobVariables,
      labels: given.labels,
      tags: made.tags,
      idempotency_key: made.idempotencyKey,
      parent_task_run_id: made.parentTaskRunId,
      parent_flow_run_id: parentFlowRunId,
      created_by: createdBy === null ? null : jsonText(createdBy),
      cancelled_by: null,
      auto_scheduled: made.autoScheduled,
      state_id: made.state.id,
      state_type: decision.state.type,
      state_name: made.state.name,
      state_timestamp: made.state.timestamp,
      state_message: made.state.message,
      state_details: jsonText(decision.state.details),
      state_data: decision.state.data,
      run_count: columns.runCount,
      expected_start_time: columns.expectedStartTime,
      next_scheduled_start_time: columns.nextScheduledStartTime,
      start_time: columns.startTime,
      end_time: columns.endTime,
      total_run_time: 0,
    };
    return { isNew: true, body: wireFlowRun(row, now) };
  }
  const existing = await store.flowRuns.getByKey(made.flowId, made.idempotencyKey ?? "");
  if (!existing)
    throw new WeirError("unavailable", "The run of this idempotency key was deleted meanwhile. Try again.", {
      retryAfterSeconds: 1,
    });
  return { isNew: false, body: wireFlowRun(existing, now) };
}

/** A document, or the empty object when it is absent or null. */
export function documentOr(document: JsonText | null | undefined): JsonText {
  return !document || document.text === "null" ? EMPTY_OBJECT : document;
}

/** Labels over labels, later ones winning. */
export function mergeLabels(base: JsonText, own: JsonText, system: Record<string, string>): JsonText {
  const inherited = base.text === "{}" ? {} : base.object();
  return own.text === "{}" && base.text === "{}"
    ? jsonText(system)
    : jsonText({ ...inherited, ...system, ...own.object() });
}
