import type { DeploymentSlots, SlotManners } from "@weir/core";
import type { FlowRunForTransition } from "@weir/db";
import { isBefore } from "../client-version.ts";

/** How long a claimed slot is kept for a run that has not started, where its deployment does not say. */
const GRACE_SECONDS = 300;

/** What the rules see of the limit of a run's deployment. */
export function slotsOf(run: FlowRunForTransition): DeploymentSlots | null {
  if (run.slot_limit === null) return null;
  const options = (run.concurrency_options?.value() ?? {}) as {
    collision_strategy?: unknown;
    grace_period_seconds?: unknown;
  };
  const grace = options.grace_period_seconds;
  return {
    limit: run.slot_limit,
    free: run.slots_free ?? 0,
    cancelsNew: options.collision_strategy === "CANCEL_NEW",
    graceSeconds: typeof grace === "number" ? grace : GRACE_SECONDS,
    isLeaseAlive: run.is_lease_alive ?? false,
  };
}

/** Versions whose workers take slots of deployments themselves. */
const TAKES = new Set(["3.0.0rc20", "3.0.0", "3.0.1", "3.0.2", "3.0.3"]);

/** What a client of this version does about slots of deployments; those of 3.4.11 and later renew leases. */
export function slotManners(version: string | undefined): SlotManners {
  if (version === undefined) return "holds";
  if (TAKES.has(version)) return "takes";
  return isBefore(version, [3, 4, 11]) ? "holds" : "renews";
}
