import { formatInstant, Uuid, WeirError } from "@weir/contracts";
import { causeOf, explainFlowRun as explain, type FlowRunWait } from "@weir/core";
import type { FlowRunForTransition } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { jobVariablesFault } from "../deployment/checks.ts";
import { currentState, factsOf } from "../flow-run/transition.ts";
import { deploymentFacts } from "./deployment.ts";
import { limitOf } from "./limit.ts";
import { type FoundPlace, instant, placeOf } from "./place.ts";

/** Why a flow run waits: the live checks on it, in order, and the first that names a cause. */
export const explainFlowRun = defineVerb({
  name: "flow_run.explain",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }) {
    const run = await ctx.store.flowRuns.forTransition(id);
    if (!run) throw new WeirError("missing", "Flow run not found");
    const checks = explain(await waitOf(ctx, run), ctx.now);
    return {
      flow_run_id: id,
      at: formatInstant(ctx.now),
      state: { type: run.state_type, name: run.state_name, timestamp: run.state_timestamp },
      cause: causeOf(checks),
      checks,
    };
  },
});

async function waitOf(ctx: Ctx, run: FlowRunForTransition): Promise<FlowRunWait> {
  const { store } = ctx;
  const [turn, deployment, limit, found, scheduleHolders] = await Promise.all([
    store.waiting.turn(run.id),
    run.deployment_id === null ? undefined : store.deployments.get(run.deployment_id),
    run.slot_limit_id === null ? undefined : limitOf(ctx, { id: run.slot_limit_id }),
    run.work_queue_id === null ? undefined : placeOf(ctx, run.work_queue_id),
    run.schedule_id === null ? [] : store.waiting.activeOfSchedule(run.schedule_id),
  ]);
  return {
    run: factsOf(run),
    current: currentState(run),
    waiting: turn ? { dueAt: instant(turn.due_at), inProcess: turn.in_process } : null,
    deployment: deployment ? deploymentFacts(deployment) : null,
    hasQueue: run.work_queue_id !== null,
    place: found?.place ?? null,
    limit: limit ?? null,
    scheduleHolders,
    jobVariableFaults: found ? await faultsOf(ctx, run.id, found, deployment?.job_variables) : [],
    refusals: ctx.caller.refusals(),
  };
}

/** What the pool's template finds wrong with the job variables that a worker would fill it with. */
async function faultsOf(
  { store }: Ctx,
  runId: string,
  { row }: FoundPlace,
  ofDeployment: Parameters<typeof jobVariablesFault>[1][number] | undefined,
): Promise<string[]> {
  const run = await store.flowRuns.get(runId);
  if (!run) return [];
  const given = [...(ofDeployment ? [ofDeployment] : []), run.job_variables];
  try {
    const fault = jobVariablesFault(row.base_job_template, given, true);
    return fault === undefined ? [] : [fault];
  } catch (error) {
    // The pool's schema cannot be checked by: that is what is wrong.
    if (error instanceof WeirError && error.code === "invalid") return [error.message];
    throw error;
  }
}
