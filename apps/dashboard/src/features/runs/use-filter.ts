"use client";

import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { isNarrowed, type RunsFilter, rangeChoices, stateChoices } from "./filter.ts";

const parsers = {
  state: parseAsArrayOf(parseAsStringLiteral(stateChoices)).withDefault([]),
  flow: parseAsArrayOf(parseAsString).withDefault([]),
  name: parseAsString.withDefault(""),
  range: parseAsStringLiteral(rangeChoices).withDefault("all"),
  parent: parseAsStringLiteral(["any", "root"] as const).withDefault("any"),
};

/** The list's filter, which lives in the address. A choice is a step back in the browser's history; typing is not. */
export function useRunsFilter() {
  const [filter, set] = useQueryStates(parsers, { history: "push" });
  return {
    filter: filter satisfies RunsFilter,
    isNarrowed: isNarrowed(filter),
    choose: (change: Partial<RunsFilter>) => void set(change),
    type: (name: string) => void set({ name: name || null }, { history: "replace" }),
    clear: () => void set(null),
  };
}
