import {
  addSeconds,
  formatInstant,
  isTerminal,
  type Micros,
  type ProposedState,
  parseInstant,
  stateTypes,
} from "@weir/contracts";
import { CANCELLING_SECONDS } from "@weir/core";
import { fleet } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { proposeFlowRunState } from "../flow-run/transition.ts";
import type { Services } from "../services.ts";
import { proposeTaskRunState } from "../task-run/transition.ts";
import { startedBy } from "../work-pool/types/all.ts";
import { teardownOf } from "../worker/cleanups.ts";
import { eachFound } from "./enter.ts";

/** A run that waits this long after its time is late. */
const LATE_SECONDS = 15;

/** States are stored in an order that is not quite that of their times: each look goes back this far again. */
const OVERLAP_SECONDS = 30;

const LATE_BATCH = 400;
const CANCELLED_BATCH = 500;
const ORPHANED_BATCH = 400;
const CHILDREN_BATCH = 200;
const goingOn = stateTypes.filter((type) => !isTerminal(type));

/** Marks runs late that nobody started in time. Late runs can still be started; those that CANCEL_NEW leaves no slot end. */
export async function markLateRuns(services: Services, limit = LATE_BATCH): Promise<{ isMore: boolean; late: number }> {
  const due = formatInstant(addSeconds(services.clock(), -LATE_SECONDS));
  const { lateRuns, lateWithoutSlot } = fleet(services.db);
  const found = await lateRuns(due, limit);
  const toCancel = await lateWithoutSlot(due, limit);
  const late = await eachFound(services, "watchdog", [...found, ...toCancel], async (ctx, id) => {
    const run = await ctx.store.flowRuns.get(id);
    if (run?.state_name !== "Scheduled" && run?.state_name !== "Late") return;
    const details = run.next_scheduled_start_time === null ? {} : { scheduled_time: run.next_scheduled_start_time };
    const message = await whyNobodyComes(ctx, run.work_pool_name);
    const proposed: ProposedState = { type: "SCHEDULED", name: "Late", message, data: null, details };
    await proposeFlowRunState(ctx, id, proposed, "mark-late", { only: (now) => now.state_id === run.state_id });
  });
  return { late, isMore: found.length >= limit };
}

/** Why a late run waits, where no worker will ever ask for it. */
async function whyNobodyComes({ store }: Ctx, poolName: string | null): Promise<string | null> {
  const pool = poolName === null ? undefined : await store.workPools.getByName(poolName);
  if (!pool || startedBy(pool.type) !== "nobody") return null;
  if (pool.status === "NOT_READY")
    return `Work pool "${pool.name}" has no credentials by default, so its runs cannot be started.`;
  return `Work pool "${pool.name}" is of type ${pool.type}, whose runs this server cannot start yet. Move the deployment to a pool with workers.`;
}

/**
 * Cancels runs that did not stop in time after they were told to. A worker of their pool is to take down what they run in,
 * for whoever should have stopped them did not answer.
 */
export async function endCancelling(services: Services): Promise<number> {
  const before = formatInstant(addSeconds(services.clock(), -CANCELLING_SECONDS));
  const message = "Flow run cancellation timed out; marked this flow run as Cancelled.";
  return eachFound(services, "watchdog", await fleet(services.db).cancelling(before), (ctx, id) =>
    proposeFlowRunState(ctx, id, cancelled(message), "minimal", {
      only: (run) => run.state_type === "CANCELLING",
      storeWith: (change, slot, run) => {
        const teardown = teardownOf(ctx, run, change.state.id);
        return teardown && ctx.store.cleanups.commit(change, slot, teardown);
      },
    }),
  );
}

/** Fails paused runs that nobody resumed in time. */
export async function endPaused(services: Services): Promise<number> {
  const found = await fleet(services.db).pausedBeyond(formatInstant(services.clock()));
  const message = "The flow was paused and never resumed.";
  const failed: ProposedState = { type: "FAILED", name: "Failed", message, data: null, details: {} };
  return eachFound(services, "watchdog", found, (ctx, id) =>
    proposeFlowRunState(ctx, id, failed, "minimal", { only: (run) => run.state_type === "PAUSED" }),
  );
}

/**
 * Cancels runs that wait for somebody to start them and whose deployment was deleted: every poll would offer them, and
 * nobody may claim them. Their own processes may still retry theirs. Gives how many were found.
 */
export async function endOrphaned(services: Services): Promise<number> {
  const found = await fleet(services.db).orphanedRuns(formatInstant(services.clock()), ORPHANED_BATCH);
  return eachFound(services, "watchdog", found, (ctx, id) =>
    proposeFlowRunState(ctx, id, cancelled("Its deployment was deleted: nobody can start it."), "minimal", {
      only: (run) => run.state_type === "SCHEDULED" && run.deployment_name === null,
    }),
  );
}

/**
 * Cancels what runs that were cancelled since `after` had under way: their task runs, and their subflows (those of
 * deployments are told to stop first). Gives the instant to go on from.
 */
export async function cancelChildren(services: Services, after: Micros): Promise<{ isMore: boolean; next: Micros }> {
  const now = services.clock();
  const found = await fleet(services.db).cancelledAfter(formatInstant(after), CANCELLED_BATCH);
  await eachFound(services, "watchdog", found, cancelChildrenOf);
  const isMore = found.length >= CANCELLED_BATCH;
  const last = isMore ? parseInstant(found.at(-1)?.timestamp ?? "") : undefined;
  return { isMore, next: last ?? addSeconds(now, -OVERLAP_SECONDS) };
}

async function cancelChildrenOf(ctx: Ctx, id: string): Promise<void> {
  const run = await ctx.store.flowRuns.get(id);
  // It was started again since.
  if (run?.state_type !== "CANCELLED") return;
  const message = "The parent flow run was cancelled.";
  const going = { type: { any_: goingOn } };
  const children = { flow_runs: { parent_flow_run_id: { any_: [id] }, state: going } };
  const flows = await ctx.store.flowRuns.list(children, "ID_DESC", { offset: 0 }, CHILDREN_BATCH);
  for (const child of flows.rows) {
    const told: ProposedState = { type: "CANCELLING", name: "Cancelling", message, data: null, details: {} };
    if (child.state_type === "CANCELLING") continue;
    await proposeFlowRunState(ctx, child.id, child.deployment_id === null ? cancelled(message) : told, "core");
  }
  for (;;) {
    const filter = { task_runs: { flow_run_id: { any_: [id] }, state: going } };
    const { rows } = await ctx.store.taskRuns.list(filter, "ID_DESC", { offset: 0 }, CHILDREN_BATCH);
    const outcomes = await Promise.all(
      rows.map((task) => proposeTaskRunState(ctx, task.id, cancelled(message), "minimal")),
    );
    if (rows.length < CHILDREN_BATCH || !outcomes.some((outcome) => outcome?.decision.kind === "store")) return;
  }
}

function cancelled(message: string): ProposedState {
  return { type: "CANCELLED", name: "Cancelled", message, data: null, details: {} };
}
