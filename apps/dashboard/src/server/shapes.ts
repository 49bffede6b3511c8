import { JsonText, stateTypes } from "@weir/contracts";
import { z } from "zod";

// Verbs that serve the wire give objects of its shape; these read out of them what a screen shows.

const document = z
  .instanceof(JsonText)
  .nullish()
  .transform((json) => json?.text ?? null);

const State = z.object({
  id: z.string(),
  type: z.enum(stateTypes),
  name: z.string(),
  timestamp: z.string(),
  message: z.string().nullable(),
  state_details: document,
});

const Line = z.object({
  id: z.string(),
  timestamp: z.string(),
  level: z.number(),
  name: z.string(),
  message: z.string(),
  task_run_id: z.string().nullable(),
});

/** A state of a run's history; `details` is JSON text. */
export type HistoryState = {
  id: string;
  type: z.output<typeof State>["type"];
  name: string;
  timestamp: string;
  message: string | null;
  details: string | null;
};

/** A log line. */
export type LogLine = {
  id: string;
  timestamp: string;
  level: number;
  logger: string;
  message: string;
  taskRunId: string | null;
};

/** States of the wire, for a screen. */
export function shownStates(states: readonly unknown[]): HistoryState[] {
  return z
    .array(State)
    .parse(states)
    .map(({ state_details, ...state }) => ({ ...state, details: state_details }));
}

/** Lines of the wire, for a screen. */
export function shownLines(lines: readonly unknown[]): LogLine[] {
  return z
    .array(Line)
    .parse(lines)
    .map(({ name, task_run_id, ...line }) => ({ ...line, logger: name, taskRunId: task_run_id }));
}
