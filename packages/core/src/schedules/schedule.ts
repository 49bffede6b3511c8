import { type Micros, parseInstant, SECOND, WeirError } from "@weir/contracts";
import { cronTimes } from "./cron.ts";
import { type Cron, parseCron } from "./cron-parse.ts";
import { type Interval, intervalTimes } from "./interval.ts";
import { recurrenceTimes } from "./rrule.ts";
import { parseRecurrence, type RecurrenceSet } from "./rrule-parse.ts";
import { fromWall, parseZone, toWall, type WallSeconds } from "./zone.ts";

/** When a deployment runs, parsed and checked. `zone` is an IANA name. */
export type Schedule =
  | ({ kind: "interval"; zone: string } & Interval)
  | { kind: "cron"; zone: string; cron: Cron; dayOr: boolean }
  | { kind: "rrule"; zone: string; set: RecurrenceSet };

/** No one asks for more at once, and no schedule is followed further in one go. */
const MAX_ITERATIONS = 1000;

const shapes: Record<string, readonly string[]> = {
  interval: ["interval", "anchor_date", "timezone"],
  cron: ["cron", "timezone", "day_or"],
  rrule: ["rrule", "timezone"],
};

const invalid = (message: string): WeirError => new WeirError("invalid", message);

/**
 * Reads a schedule as the wire has it: `{interval, anchor_date, timezone?}` (seconds), `{cron, timezone?, day_or?}` or
 * `{rrule, timezone?}`; no zone means UTC. Throws `invalid` with what to mend. A schedule that is stored must hold its
 * anchor, so one without is refused; doors that allow that put in the present first.
 */
export function parseSchedule(json: unknown): Schedule {
  if (typeof json !== "object" || json === null) throw invalid("A schedule must be an object.");
  const given = json as Record<string, unknown>;
  const kind = Object.keys(shapes).find((key) => key in given);
  if (kind === undefined) throw invalid('A schedule must have "interval", "cron" or "rrule".');
  const extra = Object.keys(given).find((key) => !shapes[kind]?.includes(key));
  if (extra !== undefined) throw invalid(`A schedule with "${kind}" cannot have "${extra}".`);
  const { timezone } = given;
  if (timezone !== undefined && timezone !== null && typeof timezone !== "string") {
    throw invalid("A schedule's timezone must be a string.");
  }
  const zone = parseZone(timezone || "UTC");
  if (kind === "interval") return { kind, zone, ...parseInterval(given) };
  const text = given[kind];
  if (typeof text !== "string") throw invalid(`A schedule's ${kind} must be a string.`);
  if (kind === "rrule") return { kind, zone, set: parseRecurrence(text) };
  const dayOr = given.day_or ?? true;
  if (typeof dayOr !== "boolean") throw invalid("A schedule's day_or must be true or false.");
  return { kind: "cron", zone, cron: parseCron(text), dayOr };
}

function parseInterval({ interval, anchor_date: anchorDate }: Record<string, unknown>): Interval {
  const seconds = typeof interval === "string" ? isoSeconds(interval) : interval;
  const intervalMicros = typeof seconds === "number" ? Math.round(seconds * SECOND) : Number.NaN;
  if (!(intervalMicros > 0)) throw invalid("A schedule's interval must be a number of seconds greater than zero.");
  if (!Number.isSafeInteger(intervalMicros)) throw invalid("A schedule's interval must be shorter than 285 years.");
  const anchor = typeof anchorDate === "string" ? parseInstant(anchorDate) : undefined;
  if (anchor === undefined) throw invalid("A schedule's anchor_date must be a date and time, as 2026-01-31T09:30:00Z.");
  return { intervalMicros, anchor };
}

/** Seconds of an ISO 8601 duration in days and less, as pydantic writes them. */
function isoSeconds(text: string): number {
  const match = /^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
    text,
  );
  const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = match ?? [];
  return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/**
 * Up to `limit` (1000 at most) instants of a schedule from `from` to `until`, both included, rising, each once. Empty when
 * it does not fire again, or not within the bounds of work that keep any schedule cheap (see `cronTimes`, `ruleTimes`).
 *
 * Cron and rrule go by the wall clock of the zone. A time that the clock skips fires as much earlier as was skipped, and
 * one that it shows twice fires at its first showing, as on the peer. Not as there, nothing before `from` is given: after
 * such an hour the peer's cron may go back and tell of a date that is past.
 */
export function occurrences(schedule: Schedule, range: { from: Micros; limit: number; until?: Micros }): Micros[] {
  const { from, until = Number.POSITIVE_INFINITY } = range;
  const limit = Math.min(range.limit, MAX_ITERATIONS);
  const found = new Set<Micros>();
  if (limit <= 0) return [];
  let iterations = 0;
  for (const at of instants(schedule, from)) {
    if (at > until || !Number.isSafeInteger(at)) break;
    found.add(at);
    if (found.size >= limit || ++iterations > MAX_ITERATIONS) break;
  }
  return [...found].sort((a, b) => a - b);
}

function instants(schedule: Schedule, from: Micros): Iterable<Micros> {
  const { zone } = schedule;
  switch (schedule.kind) {
    case "interval":
      return intervalTimes(schedule, zone, from);
    case "cron":
      return placed(cronTimes(schedule.cron, schedule.dayOr, secondBefore(from, zone)), zone, from);
    case "rrule":
      return placed(recurrenceTimes(schedule.set, toWall(from, zone) / SECOND), zone, from);
  }
}

/** The wall second after which cron looks: the one before `from`, as the clock showed it then, or the one begun in `from`. */
function secondBefore(from: Micros, zone: string): WallSeconds {
  const isWhole = from % SECOND === 0;
  return Math.floor(toWall(isWhole ? ((from - SECOND) as Micros) : from, zone) / SECOND);
}

function* placed(walls: Iterable<WallSeconds>, zone: string, from: Micros): Generator<Micros> {
  for (const wall of walls) {
    const at = fromWall(wall * SECOND, zone, "earlier");
    if (at >= from) yield at;
  }
}
