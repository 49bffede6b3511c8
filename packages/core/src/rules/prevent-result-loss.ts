import type { FlowRunFacts, Rule } from "../types.ts";
import { losesResult, RESULT_LOSS } from "./persisted-result.ts";
import { terminalTypes } from "./state-sets.ts";

/** Even a forced transition does not overwrite the only pointer to a stored result. */
export const preventResultLoss: Rule<FlowRunFacts> = {
  name: "prevent-result-loss",
  from: terminalTypes,
  to: terminalTypes,
  judge({ current, proposed }) {
    if (current === null || !losesResult(current, proposed)) return undefined;
    return { kind: "reject", state: null, reason: RESULT_LOSS };
  },
};
