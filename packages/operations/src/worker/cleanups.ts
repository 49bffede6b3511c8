import { type CleanupOperation, type CleanupStatus, jsonText } from "@weir/contracts";
import { type DeadCleanup, type FlowRunForTransition, type NewCleanup, WATCHDOG_LOGGER } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { isServed } from "../work-pool/types/all.ts";

const WARNING = 30;

/** What became of an operation on a clean-up, as its worker is told. `reason` is null when it was accepted. */
export type CleanupAnswer = { status: CleanupStatus; reason: string | null; lease_expires_at: string | null };

/** Why an operation was not accepted. Workers log these words. */
const reasons: Record<CleanupStatus, string | null> = {
  accepted: null,
  not_found: "message_not_found",
  unauthorized: "work_pool_mismatch",
  not_current: "no_active_reservation",
  invalid_token: "reservation_token_mismatch",
  expired: "lease_expired",
  dead_lettered: "max_delivery_attempts_reached",
  error: "cleanup_queue_operation_failed",
};

/**
 * What a run that did not stop in time leaves to be taken away by a worker of its pool. `undefined`: it has no queue whose
 * workers could be told, or its pool has no workers.
 */
export function teardownOf(ctx: Ctx, run: FlowRunForTransition, stateId: string): NewCleanup | undefined {
  const { id, work_queue_id: queueId, work_pool_type: type } = run;
  if (queueId === null || type === null || isServed(type)) return undefined;
  const kind = "cancelling_timeout_teardown.v1";
  const target = jsonText({ flow_run_id: id, infrastructure_pid: run.infrastructure_pid }).text;
  return { id: newId(ctx.now), queueId, flowRunId: id, kind, idempotencyKey: `${kind}:${id}:${stateId}`, target };
}

/** Does what a worker says with something that it was given to take away. */
export async function settleCleanup(
  ctx: Ctx,
  operation: CleanupOperation,
  message: { id: string; poolId: string; token: string; reason: string | null },
): Promise<CleanupAnswer> {
  const settled = await ctx.store.cleanups.settle(operation, message);
  const status = settled?.status ?? "not_found";
  if (status === "dead_lettered") {
    const dead = await ctx.store.cleanups.dead(message.id);
    if (dead) await tellDead(ctx, dead);
  }
  return { status, reason: reasons[status], lease_expires_at: settled?.lease_expires_at ?? null };
}

/** The answer when an operation failed on our side: the worker asks again. */
export const failedOperation: CleanupAnswer = { status: "error", reason: reasons.error, lease_expires_at: null };

/** Ends the reservation of a clean-up whose lease is over: it is free again, or its run's log says that nobody did it. */
export async function expireCleanup(ctx: Ctx, id: string): Promise<void> {
  const dead = await ctx.store.cleanups.expire(id);
  if (dead) await tellDead(ctx, dead);
}

async function tellDead({ store, now }: Ctx, { flow_run_id: flowRunId, target, reason }: DeadCleanup): Promise<void> {
  const { infrastructure_pid: infrastructure } = target.object();
  const what = infrastructure ? `Infrastructure "${String(infrastructure)}"` : "The infrastructure";
  const why = reason === null ? "" : ` (${reason})`;
  const message = `${what} of this flow run could not be taken down by any worker${why}. It may still be running.`;
  const line = { id: newId(now), timestamp: now, flowRunId, taskRunId: null, workerId: null };
  await store.logs.write([{ ...line, level: WARNING, name: WATCHDOG_LOGGER, message }]);
}
