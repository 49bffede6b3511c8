import type { ProposedState } from "@weir/contracts";

/**
 * True when a state points at a stored result. Only an object can: `{"type": "unpersisted"}` says that the result died
 * with its process, and an empty object says nothing.
 */
export function hasPersistedResult(state: ProposedState): boolean {
  if (state.data === null) return false;
  const data = state.data.object();
  return data.type !== "unpersisted" && Object.keys(data).length > 0;
}

/** Why a result is not to be lost. The same words whether the transition was forced or not. */
export const RESULT_LOSS =
  "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.";

/** True when a completed run that has a result would be completed again without one. */
export function losesResult(current: ProposedState, proposed: ProposedState): boolean {
  return (
    current.type === "COMPLETED" &&
    proposed.type === "COMPLETED" &&
    hasPersistedResult(current) &&
    !hasPersistedResult(proposed)
  );
}
