import { FlowRunFilter, type ProposedState, StateInput, WeirError } from "@weir/contracts";
import type { FlowPolicy } from "@weir/core";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { BulkLimit } from "../paging.ts";
import { orchestrationResult } from "./set-state.ts";
import { proposeFlowRunState } from "./transition.ts";

/** Proposes one state for each of up to 50 runs that match, newest first. Each is judged alone. */
export const setFlowRunStates = defineVerb({
  name: "flow_run.set_states",
  permission: "run_flows",
  input: z.object({
    flow_runs: FlowRunFilter,
    state: StateInput,
    force: z.boolean().nullish(),
    emit_event: z.boolean().nullish(),
    limit: BulkLimit,
  }),
  async run(ctx, { flow_runs, state, force, emit_event, limit }) {
    const policy = force ? "forced" : "core";
    const { rows } = await ctx.store.flowRuns.list({ flow_runs }, "ID_DESC", { offset: 0 }, limit);
    const results = await Promise.all(
      rows.map(async ({ id }) => ({
        flow_run_id: id,
        ...(await propose(ctx, id, state, policy, emit_event === false)),
      })),
    );
    return { results };
  },
});

/** The answer for one run of many: a run that is gone, or that too many change at once, does not fail the others. */
async function propose(
  ctx: Ctx,
  id: string,
  state: ProposedState,
  policy: FlowPolicy,
  isSilent: boolean,
): Promise<Record<string, unknown>> {
  try {
    const outcome = await proposeFlowRunState(ctx, id, state, policy, { isSilent });
    return outcome ? orchestrationResult(outcome).body : aborted(`Flow run with id ${id} not found`);
  } catch (error) {
    if (error instanceof WeirError) return aborted(error.message);
    throw error;
  }
}

function aborted(reason: string) {
  return { status: "ABORT", state: null, details: { type: "abort_details", reason } };
}
