import { formatInstant, Instant, type Micros, parseInstant, RunFilters, SECOND, WeirError } from "@weir/contracts";
import type { HistoryCell } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";

/** A history has so many intervals at most; those after them are left out. */
const MOST_INTERVALS = 500;

/** The last instant that the wire can tell. */
const LAST = parseInstant("9999-12-31T23:59:59.999999Z") ?? 0;

const HistoryInput = RunFilters.extend({
  history_start: Instant,
  history_end: Instant,
  history_interval_seconds: z.number().optional(),
  history_interval: z.number().optional(),
});

/** What a history is asked of: the flow runs, or the task runs. */
type Noun = "flowRuns" | "taskRuns";

async function historyOf(noun: Noun, { store, nowIso }: Ctx, input: z.output<typeof HistoryInput>) {
  const seconds = input.history_interval_seconds ?? input.history_interval;
  if (seconds === undefined || seconds < 1)
    throw new WeirError("invalid", "History interval must not be less than 1 second.");
  const { history_start, history_end, history_interval, history_interval_seconds, ...filters } = input;
  const from = parseInstant(history_start) ?? 0;
  const span = (parseInstant(history_end) ?? 0) - from;
  const count = span > 0 ? Math.min(Math.ceil(span / (seconds * SECOND)), MOST_INTERVALS) : 0;
  const startOf = (index: number) => (from + Math.round(index * seconds * SECOND)) as Micros;
  if (startOf(count) > LAST) throw new WeirError("invalid", "The history would end after the year 9999.");
  if (count === 0) return [];
  const end = formatInstant(startOf(count));
  return intervals(count, startOf, await store[noun].history(filters, history_start, end, seconds, nowIso));
}

/** Every interval with its states; empty ones have none. */
function intervals(count: number, startOf: (index: number) => Micros, cells: readonly HistoryCell[]) {
  const states = Array.from({ length: count }, (): Omit<HistoryCell, "interval">[] => []);
  for (const { interval, ...cell } of cells) states[interval]?.push(cell);
  return states.map((of, index) => ({
    interval_start: formatInstant(startOf(index)),
    interval_end: formatInstant(startOf(index + 1)),
    states: of,
  }));
}

/** Flow runs by state per interval, by when they were expected to start. */
export const flowRunHistory = defineVerb({
  name: "flow_run.history",
  permission: "see_flows",
  input: HistoryInput,
  run: (ctx, input) => historyOf("flowRuns", ctx, input),
});

/** Task runs by state per interval, by when they were expected to start. */
export const taskRunHistory = defineVerb({
  name: "task_run.history",
  permission: "see_flows",
  input: HistoryInput,
  run: (ctx, input) => historyOf("taskRuns", ctx, input),
});
