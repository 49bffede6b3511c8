import { creatorOf } from "@weir/auth";
import { Document, type JsonText, jsonText, toWire, Uuid, WeirError } from "@weir/contracts";
import type { DeploymentFields, DeploymentRow, ScheduleRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { documentOr, mergeLabels } from "../flow-run/create.ts";
import { newId } from "../ids.ts";
import { checkSlugs, newSchedule, ScheduleCreate, ScheduleUpdate } from "../schedule/input.ts";
import { scheduleChanges } from "../schedule/verbs.ts";
import { noSuchPool } from "../work-pool/verbs.ts";
import { AGENT_POOL, agentPool } from "../work-queue/verbs.ts";
import { jobVariablesFault, parametersFault } from "./checks.ts";
import { formerFields, inTodaysNames, onlySchedule } from "./former.ts";
import { hydrateParameters } from "./hydrated.ts";
import { type DeploymentInput, DeploymentName, deploymentFields, toFields } from "./input.ts";
import { wireDeployment } from "./wire.ts";

/** The schema of a deployment that was given none. */
const NO_SCHEMA = jsonText({ type: "object", properties: {} });

/** Creates a flow's deployment of a name, or sets what is given of the one that is there; its schedules are replaced. */
export const createDeployment = defineVerb({
  name: "deployment.create",
  permission: "write_deployments",
  input: z.object({
    ...deploymentFields,
    ...formerFields,
    name: DeploymentName,
    flow_id: Uuid,
    labels: Document.optional(),
    disabled: z.boolean().nullish(),
    schedules: z.array(ScheduleCreate).max(200).nullish(),
  }),
  async run(ctx, given) {
    const { store, now, nowIso } = ctx;
    const input = inTodaysNames(given);
    const enforced = input.enforce_parameter_schema ?? true;
    const schema = input.parameter_openapi_schema ?? NO_SCHEMA;
    if (enforced && input.parameters && schema.text !== "null") {
      const fault = parametersFault(input.parameters, schema, { ignoreRequired: true });
      if (fault) {
        const issues = [{ loc: ["body"], msg: `Value error, ${fault}`, type: "value_error" }];
        throw new WeirError("invalid", "Invalid request received.", { issues });
      }
    }
    const flow = await store.flows.get(input.flow_id);
    if (!flow) throw new WeirError("conflict", "Data integrity conflict. The flow of this deployment does not exist.");
    await checkJobVariables(ctx, input, "invalid");
    await checkLimit(ctx, input);
    const actor = creatorOf(ctx.grant.actor);
    const fields: DeploymentFields = {
      ...toFields(input),
      ...(await placed(ctx, input)),
      labels: labelsOf(flow, input.labels),
      disabled: input.disabled ?? undefined,
      updated_by: actor && toWire(actor),
    };
    // What a new deployment has when nothing is said of it; a deployment that is there keeps its own.
    const atFirst: DeploymentFields = { created_by: actor && toWire(actor), pull_steps: "[]" };
    if (input.parameter_openapi_schema === undefined) atFirst.parameter_openapi_schema = NO_SCHEMA.text;
    const only: ScheduleUpdate[] = input.schedule ? [{ schedule: input.schedule }] : [];
    const wanted = input.schedules?.length ? input.schedules : only;
    checkSlugs(wanted.map((one) => one.slug));
    const schedules = wanted.map((one) => newSchedule(one, now));
    const made = await store.deployments.upsert(
      { id: newId(now), flowId: flow.id, name: input.name, now: nowIso },
      fields,
      atFirst,
      schedules,
    );
    if (made) await setLimit(ctx, made.id, input);
    const row = made && (await store.deployments.get(made.id));
    if (!row)
      throw new WeirError("unavailable", "The deployment was deleted meanwhile. Try again.", { retryAfterSeconds: 1 });
    return { isNew: made.isNew, body: wireDeployment(row) };
  },
});

/** A deployment's own labels over its flow's. */
function labelsOf(flow: { id: string; labels: JsonText }, own: JsonText | undefined): string {
  return mergeLabels(flow.labels, documentOr(own), { "prefect.flow.id": flow.id }).text;
}

/** Sets what is given of a deployment. Runs planned for the future are planned anew; pausing drops them all. */
export const updateDeployment = defineVerb({
  name: "deployment.update",
  permission: "write_deployments",
  input: z.object({
    ...deploymentFields,
    ...formerFields,
    id: Uuid,
    labels: Document.optional(),
    schedules: z.array(ScheduleUpdate).max(200).nullish(),
  }),
  async run(ctx, { id, schedules, labels, ...given }) {
    const { store, now, nowIso } = ctx;
    const current = await store.deployments.get(id);
    if (!current) throw new WeirError("missing", "Deployment not found.");
    const named = inTodaysNames(given);
    const input = named.parameters
      ? { ...named, parameters: await hydrateParameters(ctx, named.parameters, "deployment") }
      : named;
    const known = current.schedules.value() as ScheduleRow[];
    const changes = schedules ? scheduleChanges(schedules, known, now) : onlySchedule(named.schedule, known, now);
    await checkJobVariables(ctx, input, "conflict");
    await checkLimit(ctx, input);
    checkParameters(input, current);
    const actor = creatorOf(ctx.grant.actor);
    const flow = labels && (await store.flows.get(current.flow_id));
    const fields = {
      ...toFields(input),
      ...(await placed(ctx, input, current)),
      ...(flow ? { labels: labelsOf(flow, labels) } : {}),
      updated_by: actor && toWire(actor),
    };
    if (!(await store.deployments.change(id, fields, changes, nowIso, input.paused === true)))
      throw new WeirError("missing", "Deployment not found.");
    await setLimit(ctx, id, input);
  },
});

/**
 * Gives a deployment the limit that its input names. Clients send a null for what they do not limit with nearly every
 * change: it takes a deployment's own limit away, and leaves one alone that it shares.
 */
async function setLimit(ctx: Ctx, id: string, input: DeploymentInput): Promise<void> {
  const { concurrency_limit, global_concurrency_limit_id: shared } = input;
  const { deploymentSlots, deployments } = ctx.store;
  const made = { id: newId(ctx.now), now: ctx.nowIso };
  if (shared) {
    if (!(await deploymentSlots.limit(id, { limitId: shared }, made))) throw noSuchLimit();
  } else if (concurrency_limit) await deploymentSlots.limit(id, { slots: concurrency_limit }, made);
  else if (shared === null || concurrency_limit === null) {
    const kept = (await deployments.get(id))?.global_concurrency_limit?.object().name;
    if (shared === null || kept === `deployment:${id}`) await deploymentSlots.limit(id, null, made);
  }
}

/** Before anything is changed: the limit that the input names is there. */
async function checkLimit({ store }: Ctx, { global_concurrency_limit_id: id }: DeploymentInput): Promise<void> {
  if (id && !(await store.concurrencyLimits.get({ id }))) throw noSuchLimit();
}

function noSuchLimit(): WeirError {
  return new WeirError("missing", "Concurrency limit not found");
}

/** Sets a switch of a deployment; `stops`: every run planned for it goes, and no more are. */
function setSwitch(name: string, fields: { paused: boolean } | { disabled: boolean }, stops: boolean) {
  return defineVerb({
    name,
    permission: "write_deployments",
    input: z.object({ id: Uuid }),
    async run({ store, nowIso }, { id }) {
      if (!(await store.deployments.change(id, fields, {}, nowIso, stops)))
        throw new WeirError("missing", "Deployment not found");
      return null;
    },
  });
}

/** Stops a deployment's schedules. */
export const pauseDeployment = setSwitch("deployment.pause", { paused: true }, true);

/** Starts a deployment's schedules again. */
export const resumeDeployment = setSwitch("deployment.resume", { paused: false }, false);

/** Forbids new runs of a deployment, and drops those planned for it. */
export const disableDeployment = setSwitch("deployment.disable", { disabled: true }, true);

/** Allows runs of a deployment again. */
export const enableDeployment = setSwitch("deployment.enable", { disabled: false }, false);

/** Deletes a deployment with its runs that have not started. */
export const deleteDeployment = defineVerb({
  name: "deployment.delete",
  permission: "manage_deployments",
  input: z.object({ id: Uuid }),
  async run({ store, nowIso }, { id }) {
    if (!(await store.deployments.remove(id, nowIso))) throw new WeirError("missing", "Deployment not found");
  },
});

/** Where a deployment's runs go: a queue alone is one of its present pool, or of the agents' pool. Null takes it out of any. */
async function placed(ctx: Ctx, input: DeploymentInput, current?: DeploymentRow): Promise<DeploymentFields> {
  const { work_pool_name, work_queue_name } = input;
  if (work_pool_name === null) return { work_pool_id: null, work_queue_id: null, work_queue_name: null };
  if (!work_pool_name && !work_queue_name) return {};
  const poolName = work_pool_name || current?.work_pool_name || AGENT_POOL;
  if (poolName === AGENT_POOL) await agentPool(ctx);
  const place = await ctx.store.workPools.place(poolName, work_queue_name || undefined);
  if (!place) throw noSuchPool(poolName);
  return { work_pool_id: place.pool.id, work_queue_id: place.queue.id, work_queue_name: place.queue.name };
}

async function checkJobVariables({ store }: Ctx, input: DeploymentInput, code: "invalid" | "conflict"): Promise<void> {
  if (!input.work_pool_name || input.work_pool_name === AGENT_POOL) return;
  const pool = await store.workPools.getByName(input.work_pool_name);
  if (!pool) throw noSuchPool(input.work_pool_name);
  const fault = input.job_variables && jobVariablesFault(pool.base_job_template, [input.job_variables], false);
  if (fault) throw new WeirError(code, `Error creating deployment: ${fault}`);
}

function checkParameters(input: DeploymentInput, current: DeploymentRow): void {
  if (!(input.enforce_parameter_schema ?? current.enforce_parameter_schema)) return;
  const given = input.parameter_openapi_schema;
  const schema: JsonText | null = given && given.text !== "null" ? given : current.parameter_openapi_schema;
  if (!schema?.text.trimStart().startsWith("{")) {
    const message =
      "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the deployment does not have a valid parameter schema.";
    throw new WeirError("conflict", message);
  }
  const fault = parametersFault(input.parameters ?? current.parameters, schema, { ignoreRequired: true });
  if (fault) throw new WeirError("conflict", `Error updating deployment: ${fault}`);
}
