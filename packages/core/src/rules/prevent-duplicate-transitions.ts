import type { FlowRunFacts, Rule, Transition } from "../types.ts";
import { anyType } from "./state-sets.ts";

/**
 * A client that lost our answer asks again with the same transition id. The state it wants holds already: storing it
 * twice would count two runs and eat a retry. It is refused with that state, and goes on from it; but an engine whose pause is
 * refused gives up its process, and nobody would be there when the run is resumed: it gets the answer that it lost.
 */
export const preventDuplicateTransitions: Rule<FlowRunFacts> = {
  name: "prevent-duplicate-transitions",
  from: anyType,
  to: anyType,
  judge(transition) {
    if (!isSaidAgain(transition)) return undefined;
    const { current, proposed } = transition;
    if (current?.type === "PAUSED" && proposed.type === "PAUSED") return { kind: "accepted" };
    return { kind: "reject", state: null, reason: "This run has already made this state transition." };
  },
};

/** Whoever forced a state and lost the answer gets it again: nothing refuses what is forced, and it is stored once. */
export const keepForcedDuplicates: Rule<FlowRunFacts> = {
  name: "keep-forced-duplicates",
  from: anyType,
  to: anyType,
  judge(transition) {
    const { current, proposed } = transition;
    const isThere = current?.type === proposed.type && current.name === proposed.name;
    return isThere && isSaidAgain(transition) ? { kind: "accepted" } : undefined;
  },
};

function isSaidAgain({ current, proposed }: Transition<FlowRunFacts>): boolean {
  const id = proposed.details.transition_id;
  return Boolean(id) && id === current?.details.transition_id;
}
