import type { StateType } from "@weir/contracts";

const types = [
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "CRASHED",
  "PAUSED",
  "CANCELLING",
] as const satisfies StateType[];

/** States that the filter offers: the nine types, and the one name that people look for by itself. */
export const stateChoices = [...types, "LATE"] as const;

/** Time ranges that the filter offers. */
export const rangeChoices = ["1h", "24h", "7d", "30d", "all"] as const;

/** What a list of runs is narrowed to: the page's search parameters, parsed. */
export type RunsFilter = {
  state: (typeof stateChoices)[number][];
  /** Ids of flows. */
  flow: string[];
  /** A part of the run's name. */
  name: string;
  range: (typeof rangeChoices)[number];
  parent: "any" | "root";
};

/** True when a filter leaves anything out. */
export function isNarrowed({ state, flow, name, range, parent }: RunsFilter): boolean {
  return state.length > 0 || flow.length > 0 || name !== "" || range !== "all" || parent !== "any";
}
