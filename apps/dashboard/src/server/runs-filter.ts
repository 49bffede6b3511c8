import type { StateType } from "@weir/contracts";
import { z } from "zod";
import { type RunsFilter, rangeChoices, stateChoices } from "../features/runs/filter.ts";

const hours = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 } as const;

/** A filter of the runs page, as a procedure takes it. */
export const RunsFilterInput = z.object({
  state: z.array(z.enum(stateChoices)),
  flow: z.array(z.string()).max(100),
  name: z.string().max(200),
  range: z.enum(rangeChoices),
  parent: z.enum(["any", "root"]),
});

/**
 * The wire's filters and order of a list. Runs planned for later are left out unless scheduled ones are asked for: a list
 * of what happens would else begin with what has not.
 */
export function filtersOf(filter: RunsFilter, nowIso: string) {
  const types = filter.state.filter((one): one is StateType => one !== "LATE");
  const state = {
    operator: "or_" as const,
    ...(types.length > 0 ? { type: { any_: types } } : {}),
    ...(filter.state.includes("LATE") ? { name: { any_: ["Late"] } } : {}),
  };
  const upcoming = types.includes("SCHEDULED");
  const since =
    filter.range === "all" ? undefined : new Date(Date.parse(nowIso) - hours[filter.range] * 3_600_000).toISOString();
  return {
    sort: upcoming && filter.state.length === 1 ? ("EXPECTED_START_TIME_ASC" as const) : ("START_TIME_DESC" as const),
    flow_runs: {
      ...(filter.state.length > 0 ? { state } : {}),
      ...(filter.name ? { name: { like_: filter.name } } : {}),
      ...(filter.parent === "root" ? { parent_flow_run_id: { is_null_: true } } : {}),
      start_time: { ...(since ? { after_: since } : {}), ...(upcoming ? {} : { before_: nowIso }) },
    },
    ...(filter.flow.length > 0 ? { flows: { id: { any_: filter.flow } } } : {}),
  };
}
