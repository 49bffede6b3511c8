import type { FlowRunFacts, Rule } from "../types.ts";
import { anyType } from "./state-sets.ts";

/**
 * A client that lost our answer asks again with the same transition id. The state it wants holds already: storing it
 * twice would count two runs and eat a retry. It gets the answer that it lost. The peer refuses, and an engine whose pause
 * is refused gives up its process: nobody is there when the run is resumed.
 */
export const preventDuplicateTransitions: Rule<FlowRunFacts> = {
  name: "prevent-duplicate-transitions",
  from: anyType,
  to: anyType,
  judge({ current, proposed }) {
    const id = proposed.details.transition_id;
    if (!id || id !== current?.details.transition_id) return undefined;
    if (current.type === proposed.type && current.name === proposed.name) return { kind: "accepted" };
    return { kind: "reject", state: null, reason: "This run has already made this state transition." };
  },
};
