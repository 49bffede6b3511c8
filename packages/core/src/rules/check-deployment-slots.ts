import type { ProposedState } from "@weir/contracts";
import type { FlowRunFacts, Rule } from "../types.ts";

const lost: ProposedState = {
  type: "CANCELLED",
  name: "Cancelled",
  message: "Deployment concurrency slot lost during provisioning - no slots available to continue execution",
  data: null,
  details: {},
};

/**
 * A run that starts must still hold its slot. If provisioning took longer than the lease lived, it takes another; where
 * there is none it ends, for its infrastructure cannot be put off. From here on the engine renews the lease; for one that
 * does not, the slot is held until the run leaves it.
 */
export const checkDeploymentSlots: Rule<FlowRunFacts> = {
  name: "check-deployment-slots",
  from: new Set(["PENDING"]),
  to: new Set(["RUNNING", "CANCELLING"]),
  judge({ run: { slots }, current, proposed, stateId, slotManners = "renews" }) {
    const leaseId = current?.details.deployment_concurrency_lease_id;
    if (!leaseId) return undefined;
    const details = { ...proposed.details, deployment_concurrency_lease_id: leaseId };
    const kept = { ...proposed, details };
    if (slotManners !== "renews")
      return { kind: "amend", proposed: kept, slots: { kind: "renew", leaseId, seconds: null } };
    if (slots === null || proposed.type === "CANCELLING") return { kind: "amend", proposed: kept };
    if (slots.isLeaseAlive)
      return { kind: "amend", proposed: kept, slots: { kind: "renew", leaseId, seconds: slots.graceSeconds } };
    if (slots.free < 1)
      return { kind: "reject", state: lost, reason: "Deployment concurrency limit reached after lease expiry." };
    const claim = { kind: "claim" as const, leaseId: stateId, seconds: slots.graceSeconds };
    const anew = { ...proposed, details: { ...details, deployment_concurrency_lease_id: stateId } };
    return { kind: "amend", proposed: anew, slots: claim };
  },
};
