import {
  addSeconds,
  EMPTY_OBJECT,
  formatInstant,
  type JsonText,
  type Micros,
  type ProposedState,
  parseInstant,
  type RunState,
  type StateDetails,
  WeirError,
} from "@weir/contracts";
import type { FlowPolicy } from "@weir/core";
import { type FleetId, type FlowRunForTransition, type FlowRunRow, fleet, type WorkPoolRow } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { currentState, proposeFlowRunState } from "../flow-run/transition.ts";
import { newId } from "../ids.ts";
import type { Services } from "../services.ts";
import { jobOf } from "../work-pool/job.ts";
import { POLLED_WITHIN_SECONDS } from "../work-queue/verbs.ts";
import { eachFound, enterWorkspaces } from "./enter.ts";

/** A run to be started in infrastructure of its pool's type. */
export type Submission = {
  run: { id: string; name: string };
  pool: { id: string; name: string };
  /** The pool's job for this run, as a worker of the type has it when it starts one: command, env, labels and all. */
  job: JsonText;
  /** Of this start of the run: the same when it is submitted again after a death, another when the run starts anew. A UUID. */
  startId: string;
};

/** Starts runs in one type of infrastructure. */
export type Submitter = {
  /** The type of pool that it serves, such as `ecs:push`. */
  type: string;
  /**
   * Starts a run and gives the id of what it runs in, by which it can be found again. It may be called again with the same
   * `startId`, and must then give what that started the first time instead of starting another. What it throws crashes the
   * run, with its message as the reason; `unavailable` puts it off for a minute. After half a minute `signal` is aborted and
   * the run crashes.
   */
  submit(submission: Submission, signal: AbortSignal): Promise<string>;
};

const LOOP = "submitter";

/** Runs of a pool that are started in one turn. */
const MOST_DUE = 100;
/** Claims that nothing came of, looked at in one turn. */
const MOST_ABANDONED = 100;
/** A claim that nothing came of for so long is anybody's: whoever made it has given up by then, or is gone. */
const ABANDONED_SECONDS = 60;
const SUBMIT_MS = 30_000;

/** Pools of a type that have runs to start, those of `except` (pool ids) left out. */
export function poolsToServe(services: Services, type: string, except: readonly string[], limit: number) {
  return fleet(services.db).poolsWithDueRuns(type, formatInstant(services.clock()), except, limit);
}

/**
 * Starts the runs of a pool that are due, as many as its limits let. They are chosen and claimed as a worker's are: the
 * first to move a run to PENDING has it. Any number may do so at once.
 */
export async function submitDueRuns(services: Services, submitter: Submitter, pool: FleetId): Promise<void> {
  await eachFound(services, LOOP, [pool], async ({ store, nowIso }, id) => {
    const row = await store.workPools.get(id);
    const window = { before: nowIso, after: null, limit: MOST_DUE };
    const offer = row && (await store.dispatch.offer(row.name, null, window, nowIso));
    if (!offer) return;
    const found = offer.runs.map(({ run }) => ({ workspace_id: pool.workspace_id, id: run.id }));
    await eachFound(services, LOOP, found, async (ctx, runId) => {
      const startId = newId(ctx.now);
      const isWaiting = (run: FlowRunForTransition) => run.state_type === "SCHEDULED";
      const claim = await claimed(ctx, runId, { transition_id: startId }, "core", isWaiting);
      if (claim) await submit(ctx, submitter, row, runId, claim);
    });
  });
}

/** Submits again what somebody claimed and did not start, because they died over it. Any number may do so at once. */
export async function submitAbandoned(services: Services, submitter: Submitter): Promise<void> {
  const before = addSeconds(services.clock(), -ABANDONED_SECONDS);
  const found = await fleet(services.db).abandonedClaims(submitter.type, formatInstant(before), MOST_ABANDONED);
  await eachFound(services, LOOP, found, async (ctx, id) => {
    const run = await ctx.store.flowRuns.forTransition(id);
    const pool = run?.work_pool_name && (await ctx.store.workPools.getByName(run.work_pool_name));
    if (!run || !pool || !isAbandoned(run, before)) return;
    // The claim goes on as it was, lease and start: only its time is new. No rule lets a run be claimed twice.
    const { details } = currentState(run);
    const kept = { ...details, transition_id: details.transition_id ?? run.state_id };
    const claim = await claimed(ctx, id, kept, "minimal", (now) => now.state_id === run.state_id);
    if (claim) await submit(ctx, submitter, pool, id, claim);
  });
}

/**
 * Looks after the queues of a type's pools, as the polls of workers would: they and their deployments are ready. To be called
 * more often than what nobody polls is marked.
 */
export async function keepServedReady(services: Services, type: string): Promise<void> {
  const since = formatInstant(addSeconds(services.clock(), -POLLED_WITHIN_SECONDS / 2));
  const found = await fleet(services.db).unpolledQueues(type, since);
  for (const { ctx, ids } of await enterWorkspaces(services, LOOP, found))
    await ctx.store.workQueues.markPolled(ids, ctx.nowIso);
}

/** An engine that was started names its progress; a claim alone is called Pending. */
function isAbandoned(run: FlowRunForTransition, before: Micros): boolean {
  const isClaim = run.state_type === "PENDING" && run.state_name === "Pending" && run.infrastructure_pid === null;
  return isClaim && (parseInstant(run.state_timestamp) ?? before) <= before;
}

/** Claims a run for a start of its own. `undefined`: it is another's, or may not start. */
async function claimed(
  ctx: Ctx,
  id: string,
  details: StateDetails,
  policy: FlowPolicy,
  only: (run: FlowRunForTransition) => boolean,
): Promise<RunState | undefined> {
  const pending: ProposedState = { type: "PENDING", name: "Pending", message: null, data: null, details };
  const outcome = await proposeFlowRunState(ctx, id, pending, policy, {
    only,
    storeWith: (change, slot) =>
      change.state.type === "PENDING" ? ctx.store.flowRuns.commitAnew(change, slot) : undefined,
  });
  return outcome?.decision.kind === "store" && outcome.state.type === "PENDING" ? outcome.state : undefined;
}

async function submit(ctx: Ctx, submitter: Submitter, pool: WorkPoolRow, id: string, claim: RunState): Promise<void> {
  const run = await ctx.store.flowRuns.get(id);
  // It was cancelled at once, or is gone.
  if (run?.state_id !== claim.id) return;
  let job: JsonText;
  try {
    job = await jobFor(ctx, pool, run);
  } catch (error) {
    // Anything else is no fault of the run: it stays claimed, and is submitted again.
    if (!(error instanceof WeirError) || error.code !== "invalid") throw error;
    return crash(ctx, pool, id, claim, error);
  }
  let infrastructure: string;
  try {
    const startId = claim.details.transition_id ?? claim.id;
    const submission = { run: named(run), pool: named(pool), job, startId };
    infrastructure = await inTime((signal) => submitter.submit(submission, signal));
  } catch (error) {
    if (error instanceof WeirError && error.code === "unavailable") return;
    return crash(ctx, pool, id, claim, error);
  }
  await ctx.store.flowRuns.patch(id, { infrastructure_pid: infrastructure }, formatInstant(ctx.services.clock()));
}

async function jobFor(ctx: Ctx, pool: WorkPoolRow, run: FlowRunRow): Promise<JsonText> {
  const deployment = run.deployment_id === null ? null : await ctx.store.deployments.forRuns(run.deployment_id);
  if (deployment === undefined) throw new WeirError("invalid", "Its deployment was deleted.");
  const variables = { deployment: deployment?.job_variables ?? EMPTY_OBJECT, run: run.job_variables };
  const flow = { id: run.flow_id, name: run.flow_name ?? "" };
  return jobOf(ctx, pool, variables, { run, flow, deployment, pool });
}

/** Ends a run that did not start. One that moved on all the same, or that somebody else has by now, is left alone. */
async function crash(ctx: Ctx, pool: WorkPoolRow, id: string, claim: RunState, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  // PostgreSQL stores no zero bytes.
  const told = reason.replaceAll("\0", "").slice(0, 5_000);
  const message = `Flow run could not be submitted to work pool "${pool.name}": ${told}`;
  const crashed: ProposedState = { type: "CRASHED", name: "Crashed", message, data: null, details: {} };
  await proposeFlowRunState(ctx, id, crashed, "core", { only: (run) => run.state_id === claim.id });
}

function named({ id, name }: { id: string; name: string }): { id: string; name: string } {
  return { id, name };
}

/** Gives up on what does not end in time, whether or not it listens to its signal. */
async function inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(SUBMIT_MS);
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () =>
      reject(new Error(`there was no answer within ${SUBMIT_MS / 1000} seconds.`)),
    );
  });
  return Promise.race([work(signal), tooLate]);
}
