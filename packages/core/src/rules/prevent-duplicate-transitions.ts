import type { FlowRunFacts, Rule } from "../types.ts";
import { anyType } from "./state-sets.ts";

/**
 * A client that lost our answer asks again with the same transition id. The state it wants holds already: storing it
 * twice would count two runs and eat a retry.
 */
export const preventDuplicateTransitions: Rule<FlowRunFacts> = {
  name: "prevent-duplicate-transitions",
  from: anyType,
  to: anyType,
  judge({ current, proposed }) {
    const id = proposed.details.transition_id;
    if (!id || id !== current?.details.transition_id) return undefined;
    return { kind: "reject", state: null, reason: "This run has already made this state transition." };
  },
};
