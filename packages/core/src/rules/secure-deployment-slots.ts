import { addSeconds, formatInstant, type ProposedState } from "@weir/contracts";
import type { FlowRunFacts, Rule } from "../types.ts";
import { anyTypeBut } from "./state-sets.ts";

/** A run that waits for a slot is looked at again after this time, should nobody tell it of one before. */
const WAIT_SECONDS = 30;

const FULL = "Deployment concurrency limit reached.";

/** What becomes of a run that there is no slot for. */
export const cancelledForSlots: ProposedState = {
  type: "CANCELLED",
  name: "Cancelled",
  message: FULL,
  data: null,
  details: {},
};

/**
 * A run of a limited deployment takes its slot when a worker claims it, before any infrastructure is made. The lease is
 * named after the state. A run that has waited for the slot is due with it, whatever time it was put off to; a lease
 * of an earlier attempt is not carried into one that needs none, for its engine would ask after it in vain. Nobody claims a
 * run whose deployment was deleted: there is nothing to say what to run.
 */
export const secureDeploymentSlots: Rule<FlowRunFacts> = {
  name: "secure-deployment-slots",
  from: new Set([null, ...anyTypeBut("PENDING", "RUNNING", "CANCELLING")]),
  to: new Set(["PENDING"]),
  judge({ run: { isDeploymentGone, slots }, current, proposed, now, stateId, slotManners }) {
    if (slotManners === "takes") return undefined;
    if (isDeploymentGone) return { kind: "abort", reason: "Deployment not found." };
    if (slots === null) {
      const { deployment_concurrency_lease_id: leaseId, ...details } = proposed.details;
      const isStale = leaseId !== undefined && leaseId === current?.details.deployment_concurrency_lease_id;
      return isStale ? { kind: "amend", proposed: { ...proposed, details } } : undefined;
    }
    if (slots.limit === 0) {
      const reason = "The deployment concurrency limit is 0. The flow will deadlock if submitted again.";
      return { kind: "abort", reason };
    }
    if (slots.free >= 1) {
      const details = { ...proposed.details, deployment_concurrency_lease_id: stateId };
      if (current?.name === "AwaitingConcurrencySlot") details.scheduled_time = formatInstant(now);
      const claim = { kind: "claim" as const, leaseId: stateId, seconds: slots.graceSeconds };
      return { kind: "amend", proposed: { ...proposed, details }, slots: claim };
    }
    if (slots.cancelsNew) return { kind: "reject", state: cancelledForSlots, reason: FULL };
    const details = { scheduled_time: formatInstant(addSeconds(now, WAIT_SECONDS)) };
    const state = { type: "SCHEDULED" as const, name: "AwaitingConcurrencySlot", message: null, data: null, details };
    return { kind: "reject", state, reason: FULL, slots: { kind: "wait" } };
  },
};
