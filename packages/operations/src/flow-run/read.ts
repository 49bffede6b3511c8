import {
  addSeconds,
  FlowRunSort,
  formatInstant,
  Instant,
  Limit,
  notFound,
  Offset,
  RunFilters,
  toWire,
  Uuid,
  uuidv7Time,
  WeirError,
} from "@weir/contracts";
import type { HistoryCell } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { walk } from "../paging.ts";
import { wireFlowRun, wireState } from "./wire.ts";

/** One flow run. */
export const readFlowRun = defineVerb({
  name: "flow_run.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store, now }, { id }) {
    const row = await store.flowRuns.get(id);
    if (!row) throw notFound("Flow run");
    return wireFlowRun(row, now);
  },
});

/** A list of flow runs, by filters of every related noun. */
export const filterFlowRuns = defineVerb({
  name: "flow_run.filter",
  permission: "see_flows",
  input: RunFilters.extend({ sort: FlowRunSort, limit: Limit, offset: Offset }),
  async run({ store, now, grant }, { sort, limit, offset, ...filters }) {
    const asked = `flow_run ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.flowRuns.list(filters, sort, position, limit),
    );
    return rows.map((row) => wireFlowRun(row, now));
  },
});

/** How many flow runs match. */
export const countFlowRuns = defineVerb({
  name: "flow_run.count",
  permission: "see_flows",
  input: RunFilters,
  run: ({ store }, filters) => store.flowRuns.count(filters),
});

/** Bounds of a history: an interval of at least a second and at most 500 of them. */
export const HistoryInput = RunFilters.extend({
  history_start: Instant,
  history_end: Instant,
  history_interval_seconds: z.number().optional(),
  history_interval: z.number().optional(),
});

/** Checks a history's bounds and gives its interval in seconds. */
export function historySeconds(input: z.output<typeof HistoryInput>): number {
  const seconds = input.history_interval_seconds ?? input.history_interval;
  if (seconds === undefined || seconds < 1)
    throw new WeirError("invalid", "History interval must not be less than 1 second.");
  const span = (Date.parse(input.history_end) - Date.parse(input.history_start)) / 1000;
  if (span / seconds > 500)
    throw new WeirError("invalid", "The history would have more than 500 intervals. Take longer ones.");
  return seconds;
}

/** Flow runs by state per interval. */
export const flowRunHistory = defineVerb({
  name: "flow_run.history",
  permission: "see_flows",
  input: HistoryInput,
  async run({ store, nowIso }, input) {
    const seconds = historySeconds(input);
    const cells = await store.flowRuns.history(input, input.history_start, input.history_end, seconds, nowIso);
    return intervals(input.history_start, input.history_end, seconds, cells);
  },
});

/** Every interval between start and end with its states; empty ones have none. */
export function intervals(start: string, end: string, seconds: number, cells: HistoryCell[]) {
  const out: {
    interval_start: string;
    interval_end: string;
    states: Omit<HistoryCell, "interval_start" | "interval_end">[];
  }[] = [];
  const byStart = new Map<number, HistoryCell[]>();
  for (const cell of cells)
    byStart.set(Date.parse(cell.interval_start), [...(byStart.get(Date.parse(cell.interval_start)) ?? []), cell]);
  for (let at = Date.parse(start); at < Date.parse(end); at += seconds * 1000) {
    out.push({
      interval_start: new Date(at).toISOString(),
      interval_end: new Date(at + seconds * 1000).toISOString(),
      states: (byStart.get(at) ?? []).map(({ interval_start: _, interval_end: __, ...state }) => state),
    });
  }
  return out;
}

/** A run's states, oldest first. */
export const readFlowRunStates = defineVerb({
  name: "flow_run_state.list",
  permission: "see_flows",
  input: z.object({ flow_run_id: Uuid }),
  async run({ store }, { flow_run_id }) {
    return (await store.flowRuns.states(flow_run_id)).map(wireState);
  },
});

/** One state by its id. Its id tells its time, so only the history of that day is looked at. */
export const readFlowRunState = defineVerb({
  name: "flow_run_state.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    const [from, to] = nearTime(id);
    const row = await store.flowRuns.state(id, from, to);
    if (!row) throw notFound("Flow run state");
    return wireState(row);
  },
});

/** A day around the time that an id tells; all of time for an id that tells none. */
export function nearTime(id: string): [from: string, to: string] {
  const time = uuidv7Time(id);
  return time === undefined
    ? ["1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z"]
    : [formatInstant(addSeconds(time, -86_400)), formatInstant(addSeconds(time, 86_400))];
}
