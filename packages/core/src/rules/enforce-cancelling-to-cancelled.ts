import type { FlowRunFacts, Rule } from "../types.ts";
import { anyTypeBut } from "./state-sets.ts";

/** A run that is being killed ends as Cancelled: the engine's last words (Failed, Crashed) come from the kill itself. */
export const enforceCancellingToCancelled: Rule<FlowRunFacts> = {
  name: "enforce-cancelling-to-cancelled",
  from: new Set(["CANCELLING"]),
  to: anyTypeBut("CANCELLED"),
  judge() {
    const reason = "Cannot transition flows that are cancelling to a state other than Cancelled.";
    return { kind: "reject", state: null, reason };
  },
};
