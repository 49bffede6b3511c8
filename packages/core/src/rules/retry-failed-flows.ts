import type { FlowRunFacts, Rule } from "../types.ts";
import { awaitingRetry, retriesOf, retryDelayOf } from "./retry-settings.ts";

/**
 * Turns a failure into a wait for the next attempt while retries are left. The process that failed lives and retries
 * itself, so the run is marked `in_process`: no worker may take it. With retries used up the mark goes, else a later
 * retry by hand would never be picked up.
 */
export const retryFailedFlows: Rule<FlowRunFacts> = {
  name: "retry-failed-flows",
  from: new Set(["RUNNING"]),
  to: new Set(["FAILED"]),
  judge({ current, proposed, run, now }) {
    if (!mayRetry(run)) return undefined;
    const state = awaitingRetry(proposed, now, retryDelayOf(run.policy, run.runCount));
    const leaseId = current?.details.deployment_concurrency_lease_id;
    if (leaseId) state.details.deployment_concurrency_lease_id = leaseId;
    return { kind: "reject", state, reason: "Retrying" };
  },
  after({ run }, policy) {
    if (mayRetry(run)) return { ...policy, resuming: false, pause_keys: [], retry_type: "in_process" };
    return policy.retry_type ? { ...policy, retry_type: null } : undefined;
  },
};

function mayRetry({ policy, runCount }: FlowRunFacts): boolean {
  const retries = retriesOf(policy);
  return retries !== null && runCount <= retries;
}
