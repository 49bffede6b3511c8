import type { FlowRunFacts, Rule } from "../types.ts";
import { anyType } from "./state-sets.ts";

/**
 * Carries the id of the deployment's concurrency lease from state to state. Workers send it as null, and an engine that
 * does not find it stops renewing: the slot would be reaped under a living run.
 */
export const preserveLeaseId: Rule<FlowRunFacts> = {
  name: "preserve-lease-id",
  from: anyType,
  to: anyType,
  judge({ current, proposed }) {
    const leaseId = current?.details.deployment_concurrency_lease_id;
    if (!leaseId || proposed.details.deployment_concurrency_lease_id) return undefined;
    const details = { ...proposed.details, deployment_concurrency_lease_id: leaseId };
    return { kind: "amend", proposed: { ...proposed, details } };
  },
};
