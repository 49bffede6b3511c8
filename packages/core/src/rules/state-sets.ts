import { isTerminal, type StateType, stateTypes } from "@weir/contracts";

/** Every type, and "no state yet": the `from` of a rule that looks at all transitions. */
export const anyOrNone: ReadonlySet<StateType | null> = new Set([...stateTypes, null]);

/** Every type. */
export const anyType: ReadonlySet<StateType> = new Set(stateTypes);

/** The types that end a run. */
export const terminalTypes: ReadonlySet<StateType> = new Set(stateTypes.filter(isTerminal));

/** Every type but the ones given. */
export function anyTypeBut(...left: StateType[]): ReadonlySet<StateType> {
  return new Set(stateTypes.filter((type) => !left.includes(type)));
}
