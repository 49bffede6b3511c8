import {
  Document,
  type EmpiricalPolicy,
  JsonText,
  memberTexts,
  objectText,
  StateInput,
  Tags,
  Text,
  Uuid,
  WeirError,
} from "@weir/contracts";
import type { DeploymentForRuns } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { type CreatedFlowRun, documentOr, mergeLabels, storeNewFlowRun } from "../flow-run/create.ts";
import { jobVariablesFault, parametersFault } from "./checks.ts";
import { forRuns } from "./for-runs.ts";
import { hydrateParameters } from "./hydrated.ts";

const BULK_LIMIT = 100;

const RunInput = z.object({
  state: StateInput.nullish(),
  name: Text.nullish(),
  parameters: Document.optional(),
  enforce_parameter_schema: z.boolean().nullish(),
  context: Document.optional(),
  tags: Tags.nullish(),
  idempotency_key: Text.nullish(),
  parent_task_run_id: Uuid.nullish(),
  work_queue_name: z.string().nullish(),
  job_variables: Document.optional(),
  labels: Document.optional(),
  empirical_policy: Document.optional(),
});
type RunInput = z.output<typeof RunInput>;

/** Creates a run of a deployment: what the caller gives goes over what the deployment has. Scheduled now unless told. */
export const createDeploymentRun = defineVerb({
  name: "deployment.create_flow_run",
  permission: "run_deployments",
  input: RunInput.extend({ id: Uuid }),
  async run(ctx, { id, ...input }) {
    return forRuns(ctx, id, (deployment) => runDeployment(ctx, runnable(deployment), input));
  },
});

/** Creates up to 100 runs of a deployment; one that cannot be made fails alone. */
export const createDeploymentRuns = defineVerb({
  name: "deployment.create_flow_runs",
  permission: "run_deployments",
  input: z.object({ id: Uuid, flow_runs: z.array(RunInput) }),
  async run(ctx, { id, flow_runs }) {
    if (flow_runs.length > BULK_LIMIT)
      throw new WeirError("bad_request", `Cannot create more than ${BULK_LIMIT} flow runs at once.`);
    runnable(await ctx.store.deployments.forRuns(id));
    const results: Record<string, unknown>[] = [];
    for (const input of flow_runs) {
      try {
        const { body } = await forRuns(ctx, id, (deployment) => runDeployment(ctx, runnable(deployment), input));
        results.push({ flow_run_id: body.id, status: "CREATED", flow_run: body, error: null });
      } catch (error) {
        if (!(error instanceof WeirError) || error.code === "unavailable") throw error;
        results.push({ flow_run_id: null, status: "FAILED", flow_run: null, error: error.message });
      }
    }
    return { results };
  },
});

function runnable(deployment: DeploymentForRuns | undefined): DeploymentForRuns {
  if (!deployment) throw new WeirError("missing", "Deployment not found");
  if (deployment.disabled)
    throw new WeirError("conflict", `Deployment "${deployment.name}" is disabled. Enable it to make runs of it.`);
  return deployment;
}

async function runDeployment(
  ctx: Ctx,
  deployment: DeploymentForRuns,
  input: RunInput,
): Promise<CreatedFlowRun | "stale"> {
  const parameters = await hydrateParameters(ctx, overlay(deployment.parameters, input.parameters), "flow run");
  checkParameters(deployment, parameters, input);
  checkJobVariables(deployment, overlay(deployment.job_variables, input.job_variables));
  const place = await placeOf(ctx, deployment, input.work_queue_name);
  return storeNewFlowRun(ctx, {
    flow: { id: deployment.flow_id, name: deployment.flow_name },
    deployment,
    versionInfo: deployment.live_version_info,
    workPool: place?.pool,
    workQueue: place?.queue,
    name: input.name ?? undefined,
    state: input.state ?? { type: "SCHEDULED", name: "Scheduled", message: null, data: null, details: {} },
    parameters,
    context: documentOr(input.context),
    policy: documentOr(input.empirical_policy).object() as EmpiricalPolicy,
    jobVariables: documentOr(input.job_variables),
    labels: mergeLabels(deployment.labels, documentOr(input.labels), systemLabels(deployment)),
    tags: [...new Set([...deployment.tags, ...(input.tags ?? [])])],
    idempotencyKey: input.idempotency_key,
    parentTaskRunId: input.parent_task_run_id,
  });
}

/** The labels that tell where a run came from. */
export function systemLabels(deployment: { id: string; flow_id: string }): Record<string, string> {
  return { "prefect.flow.id": deployment.flow_id, "prefect.deployment.id": deployment.id };
}

/** An object document over another, member by member, every value as it was sent. */
export function overlay(base: JsonText, over: JsonText | null | undefined): JsonText {
  const own = documentOr(over);
  const members = memberTexts(own.text);
  if (members.size === 0) return base;
  return new JsonText(objectText(new Map([...memberTexts(base.text), ...members])));
}

type Place = NonNullable<Awaited<ReturnType<Ctx["store"]["workPools"]["place"]>>>;

async function placeOf(
  { store }: Ctx,
  deployment: DeploymentForRuns,
  queueName: string | null | undefined,
): Promise<Place | undefined> {
  const { work_pool_id, work_pool_name, work_pool_type, work_queue_id, work_queue_name } = deployment;
  if (!queueName) {
    if (work_pool_id === null || work_queue_id === null) return undefined;
    return {
      pool: { id: work_pool_id, name: work_pool_name ?? "", type: work_pool_type ?? "" },
      queue: { id: work_queue_id, name: work_queue_name ?? "" },
    };
  }
  const place = work_pool_name === null ? undefined : await store.workPools.place(work_pool_name, queueName);
  if (place) return place;
  const message = `Cannot create flow run in work queue ${queueName} because deployment ${deployment.id} is not associated with a work pool. Please remove work_pool_name and try again.`;
  throw new WeirError("bad_request", message);
}

function checkParameters(deployment: DeploymentForRuns, parameters: JsonText, input: RunInput): void {
  if (!(input.enforce_parameter_schema ?? deployment.enforce_parameter_schema)) return;
  const schema = deployment.parameter_openapi_schema;
  if (!schema?.text.trimStart().startsWith("{")) {
    const message =
      "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the deployment does not have a valid parameter schema.";
    throw new WeirError("conflict", message);
  }
  const fault = parametersFault(parameters, schema);
  if (fault) throw new WeirError("conflict", `Error creating flow run: ${fault}`);
}

function checkJobVariables({ base_job_template }: DeploymentForRuns, jobVariables: JsonText): void {
  const fault = base_job_template && jobVariablesFault(base_job_template, [jobVariables], true);
  if (fault) throw new WeirError("invalid", `Error creating flow run: ${fault}`);
}
