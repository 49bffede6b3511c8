import { formatInstant, type Micros, type WorkspaceScope } from "@weir/contracts";

/** Why something waits. Each check is named for the cause that it rules out or names. */
export type CauseCode =
  | "not_due"
  | "retried_by_its_process"
  | "deployment_deleted"
  | "deployment_disabled"
  | "deployment_paused"
  | "schedules_inactive"
  | "schedules_spent"
  | "deployment_limit"
  | "schedule_limit"
  | "nobody_starts_it"
  | "not_served"
  | "work_queue_deleted"
  | "work_pool_paused"
  | "work_queue_paused"
  | "work_pool_limit"
  | "work_queue_limit"
  | "nothing_submits"
  | "account_throttled"
  | "no_worker_online"
  | "work_queue_not_polled"
  | "job_variables_invalid"
  | "refused_by_rule"
  | "infrastructure_starting"
  | "paused"
  | "cancelling"
  | "concurrency_limit"
  | "no_task_worker"
  | "taken_by_task_worker";

/**
 * One live check. `ok`: this is not why it waits. `facts` are what was looked at, instants as ISO text; `fix` is what would
 * end the wait and `needs` the scope that it takes, both null when nothing is wrong or time alone mends it.
 */
export type Check = {
  code: CauseCode;
  ok: boolean;
  facts: Record<string, unknown>;
  fix: string | null;
  needs: WorkspaceScope | null;
};

/** What ends a wait, and the scope that it takes: none for what time or the customer's own machine does. */
export type Remedy = { fix: string; needs?: WorkspaceScope };

/** A check that holds or names its cause. */
export function check(code: CauseCode, ok: boolean, facts: Record<string, unknown>, remedy: Remedy): Check {
  return { code, ok, facts, fix: ok ? null : remedy.fix, needs: ok ? null : (remedy.needs ?? null) };
}

/** Who stopped a thing, as the wire tells an actor (null: Weir itself), and when. */
export type Stop = { at: Micros; by: Record<string, unknown> | null };

/** What is told of a stop: nothing of what is not stopped, nulls of what was stopped before that was kept. */
export function stopFacts(how: "paused" | "disabled", isStopped: boolean, stop: Stop | null): Record<string, unknown> {
  return isStopped ? { [`${how}_at`]: told(stop?.at ?? null), [`${how}_by`]: stop?.by ?? null } : {};
}

/** The first check, in order, that names a cause; null when nothing holds it up. */
export function causeOf(checks: readonly Check[]): CauseCode | null {
  return checks.find(({ ok }) => !ok)?.code ?? null;
}

/** An instant as the wire tells it. */
export function told(instant: Micros | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
