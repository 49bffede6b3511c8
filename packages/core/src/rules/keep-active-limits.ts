import type { FlowRunFacts, Rule } from "../types.ts";

/**
 * Claiming a run takes a place in its pool, its queue and the schedule that made it; where one has no room, the run stays
 * scheduled and is offered again once there is. What its own process retries needs no worker, and goes on with the place
 * that it never gave up.
 */
export const keepActiveLimits: Rule<FlowRunFacts> = {
  name: "keep-active-limits",
  from: new Set(["SCHEDULED"]),
  to: new Set(["PENDING"]),
  judge({ run: { activeLimits, policy }, proposed }) {
    if (activeLimits.length === 0 || policy.retry_type === "in_process") return undefined;
    const full = activeLimits.find(({ active, limit }) => active >= limit);
    if (!full) return { kind: "amend", proposed, places: activeLimits };
    const { of, name, limit } = full;
    return {
      kind: "abort",
      reason: `The concurrency limit of ${limit} of ${of.replace("_", " ")} "${name}" is reached.`,
    };
  },
};
