import type { RunState, StateType } from "@weir/contracts";
import type { SlotEffect } from "../types.ts";

const holding: ReadonlySet<StateType> = new Set(["PENDING", "RUNNING", "CANCELLING"]);

/**
 * A run that stops being at work gives its deployment's slot back. One that fails and is to try again in the same process
 * keeps it: that process goes on renewing the lease, and would end if it lost it.
 */
export function releasedSlot(current: RunState | null, next: RunState, isReplacement: boolean): SlotEffect | undefined {
  const leaseId = current?.details.deployment_concurrency_lease_id;
  if (!current || !leaseId || !holding.has(current.type) || holding.has(next.type)) return undefined;
  if (isReplacement && next.name === "AwaitingRetry") return undefined;
  return { kind: "release", leaseId };
}
