import type { FlowRunFacts, Rule } from "../types.ts";
import { cancelledForSlots } from "./secure-deployment-slots.ts";

/**
 * A deployment that cancels what finds no slot does so too when no worker comes to ask for one: when its pool or queue is
 * full, its late runs would pile up.
 */
export const cancelLateWithoutSlot: Rule<FlowRunFacts> = {
  name: "cancel-late-without-slot",
  from: new Set(["SCHEDULED"]),
  to: new Set(["SCHEDULED"]),
  judge({ run: { slots }, proposed }) {
    if (proposed.name !== "Late" || !slots?.cancelsNew || slots.free >= 1) return undefined;
    const reason = "Deployment concurrency limit is full and uses the CANCEL_NEW strategy.";
    return { kind: "reject", state: cancelledForSlots, reason };
  },
};
