import type { StateDetails } from "@weir/contracts";
import type { FlowRunFacts, Rule, TaskRunFacts } from "../types.ts";

/**
 * Keeps two workers from taking one run: the second to propose Pending is told to drop it. The one that has it may name
 * its progress (Submitting, InfrastructurePending), and then keeps the due time and the lease of the claim.
 */
export const preventPendingTransitions: Rule<FlowRunFacts | TaskRunFacts> = {
  name: "prevent-pending-transitions",
  from: new Set(["PENDING", "CANCELLING", "RUNNING", "CANCELLED"]),
  to: new Set(["PENDING"]),
  judge({ current, proposed }) {
    if (current === null) return undefined;
    if (current.type === "PENDING" && proposed.name !== current.name && proposed.name !== "Pending") {
      return { kind: "amend", proposed: { ...proposed, details: carried(proposed.details, current.details) } };
    }
    const reason = `This run is in a ${current.type} state and cannot transition to a PENDING state.`;
    return { kind: "abort", reason };
  },
};

/** The claim's due time and lease replace what the worker sent, even with nothing. */
function carried(proposed: StateDetails, current: StateDetails): StateDetails {
  const { scheduled_time: _time, deployment_concurrency_lease_id: _lease, ...details } = proposed;
  const claim: StateDetails = {};
  if (current.scheduled_time) claim.scheduled_time = current.scheduled_time;
  const leaseId = current.deployment_concurrency_lease_id;
  if (leaseId) claim.deployment_concurrency_lease_id = leaseId;
  return { ...details, ...claim };
}
