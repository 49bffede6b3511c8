import type { FlowRunFacts, Rule } from "../types.ts";
import { anyType } from "./state-sets.ts";

/** Late is said of a run that waits, and said once: the watchdog races with workers, and they win. */
export const markOnlyScheduledLate: Rule<FlowRunFacts> = {
  name: "mark-only-scheduled-late",
  from: anyType,
  to: new Set(["SCHEDULED"]),
  judge({ current, proposed }) {
    if (current === null || proposed.name !== "Late") return undefined;
    if (current.type !== "SCHEDULED") {
      return { kind: "reject", state: null, reason: "Only scheduled flows can be marked late." };
    }
    if (current.name === "Late") {
      return { kind: "reject", state: null, reason: "This flow run is already marked late." };
    }
    return undefined;
  },
};
