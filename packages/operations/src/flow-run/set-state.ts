import {
  formatInstant,
  jsonText,
  type OrchestrationStatus,
  type RunState,
  StateInput,
  Uuid,
  WeirError,
} from "@weir/contracts";
import type { Decision } from "@weir/core";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { type Outcome, proposeFlowRunState } from "./transition.ts";
import { wireState } from "./wire.ts";

/** Answer to a proposed state: what clients call an orchestration result. `isNew`: a state was stored by this call. */
export type OrchestrationResult = {
  isNew: boolean;
  body: { state: Record<string, unknown> | null; status: OrchestrationStatus; details: Record<string, unknown> };
};

/**
 * Proposes a state for a flow run; `force` skips every rule but those that keep facts true. Without `emit_event` the caller
 * tells of it by an event of its own.
 */
export const setFlowRunState = defineVerb({
  name: "flow_run.set_state",
  permission: "run_flows",
  input: z.object({
    id: Uuid,
    state: StateInput,
    force: z.boolean().nullish(),
    emit_event: z.boolean().nullish(),
  }),
  async run(ctx, { id, state, force, emit_event }): Promise<OrchestrationResult> {
    const outcome = await proposeFlowRunState(ctx, id, state, force ? "forced" : "core", {
      isSilent: emit_event === false,
    });
    if (!outcome) throw new WeirError("not_found", `Flow run with id ${id} not found`);
    return orchestrationResult(outcome);
  },
});

/** The wire's answer for a decision, with the state that holds after it. */
export function orchestrationResult({ decision, state }: Pick<Outcome, "decision" | "state">): OrchestrationResult {
  return { isNew: decision.kind === "store", body: { state: toWireState(state), ...verdict(decision) } };
}

function verdict(decision: Decision): { status: OrchestrationStatus; details: Record<string, unknown> } {
  switch (decision.kind) {
    case "store":
    case "keep":
      return decision.reason === undefined
        ? { status: "ACCEPT", details: { type: "accept_details" } }
        : { status: "REJECT", details: { type: "reject_details", reason: decision.reason } };
    case "wait":
      return {
        status: "WAIT",
        details: { type: "wait_details", delay_seconds: decision.seconds, reason: decision.reason },
      };
    case "abort":
      return { status: "ABORT", details: { type: "abort_details", reason: decision.reason } };
  }
}

/** A state that rules produced, on the wire. */
function toWireState(state: RunState): Record<string, unknown> {
  return wireState({
    id: state.id,
    type: state.type,
    name: state.name,
    timestamp: formatInstant(state.timestamp),
    message: state.message,
    state_details: jsonText(state.details),
    data: state.data,
  });
}
