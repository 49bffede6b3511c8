import { EMPTY_OBJECT, JsonText, notFound, ObjectDocument, type ProposedState, Uuid, WeirError } from "@weir/contracts";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { judged } from "../deployment/checks.ts";
import { hydrateDocument } from "../deployment/hydrated.ts";
import { prepareSchema, schemaFault } from "../deployment/schema.ts";
import { newId } from "../ids.ts";
import { type OrchestrationResult, orchestrationResult } from "./set-state.ts";
import { currentState, proposeFlowRunState } from "./transition.ts";

/** The keys that a pause keeps its question and wants its answer under. */
type Keyset = Record<string, string>;

/**
 * Resumes a paused run: in its process, or through a worker when it gave that up. A pause that waits for input has the
 * answer checked against the schema that it left, and the answer is stored with the state: the flow never goes on without.
 */
export const resumeFlowRun = defineVerb({
  name: "flow_run.resume",
  permission: "run_flows",
  input: z.object({ id: Uuid, run_input: ObjectDocument.nullish() }),
  async run(ctx, { id, run_input }): Promise<OrchestrationResult> {
    const { store, nowIso } = ctx;
    const run = await store.flowRuns.forTransition(id);
    if (!run) throw notFound("Flow run");
    if (run.state_type !== "PAUSED") return notPaused;
    const paused = currentState(run);
    const { run_input_keyset: keyset, pause_reschedule: leftProcess } = paused.details;
    const { text, faults } = await hydrateDocument(ctx, run_input ?? EMPTY_OBJECT);
    const answer = new JsonText(text);
    const unknown = faults[0] && `Error hydrating run input: ${faults[0].message}`;
    const fault = keyset && (unknown ?? (await answerFault(ctx, id, keyset, answer)));
    if (fault) {
      const decision = { kind: "keep" as const, reason: fault, rule: "answer" };
      return orchestrationResult({ decision, state: paused });
    }
    // A pause that timed out ends as Failed, and needs no answer.
    const input = {
      id: newId(ctx.now),
      flowRunId: id,
      key: keyset?.response ?? "",
      value: answer.text,
      sender: null,
      now: nowIso,
    };
    const proposed = leftProcess ? resuming(nowIso) : running;
    const stored = await proposeFlowRunState(ctx, id, proposed, "core", {
      only: (now) => now.state_id === run.state_id,
      storeWith: (change, slot) => {
        const isAnswered = keyset !== undefined && change.state.type === proposed.type;
        return isAnswered ? store.flowRunInputs.createWith(input, change, slot) : undefined;
      },
    });
    return stored ? orchestrationResult(stored) : notPaused;
  },
});

const notPaused: OrchestrationResult = {
  isNew: false,
  body: {
    state: null,
    status: "ABORT",
    details: { type: "abort_details", reason: "Cannot resume a flow run that is not paused." },
  },
};

const running: ProposedState = { type: "RUNNING", name: "Running", message: null, data: null, details: {} };

function resuming(now: string): ProposedState {
  return { type: "SCHEDULED", name: "Resuming", message: null, data: null, details: { scheduled_time: now } };
}

/** Why an answer does not fit the question; `undefined` when it does. */
async function answerFault(ctx: Ctx, id: string, keyset: Keyset, answer: JsonText): Promise<string | undefined> {
  const stored = await ctx.store.flowRunInputs.get(id, keyset.schema ?? "");
  if (!stored) return "Run input schema not found.";
  try {
    const schema = new JsonText(stored.value).object();
    const fault = judged(() => schemaFault(answer.object(), prepareSchema(schema)));
    return fault && `Reason: ${fault}`;
  } catch (error) {
    if (error instanceof SyntaxError) return "Run input schema is not valid JSON.";
    if (error instanceof WeirError && error.code === "invalid") return error.message;
    throw error;
  }
}
