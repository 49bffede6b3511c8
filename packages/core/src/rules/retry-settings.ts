import { addSeconds, type EmpiricalPolicy, formatInstant, type Micros, type ProposedState } from "@weir/contracts";

/** How many retries a run has, null for none set. Clients before 2.7 wrote `max_retries`, where 0 meant unset. */
export function retriesOf(policy: EmpiricalPolicy): number | null {
  return policy.retries || policy.max_retries || (policy.retries ?? null);
}

/** Seconds before the retry that follows attempt `runCount` (1-based). A list's last entry serves all later attempts. */
export function retryDelayOf(policy: EmpiricalPolicy, runCount: number): number {
  const delay = policy.retry_delay || policy.retry_delay_seconds || 0;
  if (!Array.isArray(delay)) return delay;
  return delay[Math.max(0, Math.min(runCount, delay.length) - 1)] ?? 0;
}

/** The state that stands in for a failure that is to be retried. Message and data stay, so that people see why. */
export function awaitingRetry(failed: ProposedState, now: Micros, delaySeconds: number): ProposedState {
  // A delay of centuries is a mistake, but must not become an instant that cannot be written.
  const at = Math.min(addSeconds(now, delaySeconds), Number.MAX_SAFE_INTEGER) as Micros;
  return {
    type: "SCHEDULED",
    name: "AwaitingRetry",
    message: failed.message,
    data: failed.data,
    details: { scheduled_time: formatInstant(at) },
  };
}
