import { type Micros, SECOND, WeirError } from "@weir/contracts";
import { Temporal } from "temporal-polyfill";

/**
 * Wall-clock seconds: what a clock in some zone shows, counted as if it were UTC. Schedules are worked out on these plain
 * numbers, and each result is then placed on the line of time.
 */
export type WallSeconds = number;

/** Checks an IANA name. Offsets such as `+02:00` are refused: they have no daylight saving to respect. */
export function parseZone(name: string): string {
  if (/^[A-Za-z]/.test(name) && isKnown(name)) return name;
  throw new WeirError("invalid", `Invalid timezone: "${name}". Use an IANA name such as America/New_York.`);
}

function isKnown(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** A time in which a zone's offset does not change: from `start` to before `end`, all in microseconds. */
type Span = { start: number; end: number; offset: number };

/** The last span that each zone was asked about: schedules ask for dates near each other, and Temporal is slow to answer. */
const spans = new Map<string, Span>();

/** The span around an instant. */
function spanAt(instant: number, zone: string): Span {
  const known = spans.get(zone);
  if (known && instant >= known.start && instant < known.end) return known;
  const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(instant / 1000)).toZonedDateTimeISO(zone);
  const after = at.getTimeZoneTransition("next");
  // Asked at a change itself, the one before is not that one.
  const before = at.add({ nanoseconds: 1 }).getTimeZoneTransition("previous");
  const span = {
    start: before ? before.epochMilliseconds * 1000 : Number.NEGATIVE_INFINITY,
    end: after ? after.epochMilliseconds * 1000 : Number.POSITIVE_INFINITY,
    offset: at.offsetNanoseconds / 1000,
  };
  spans.set(zone, span);
  return span;
}

/** Microseconds that a clock in `zone` shows at an instant. */
export function toWall(instant: Micros, zone: string): number {
  return zone === "UTC" ? instant : instant + spanAt(instant, zone).offset;
}

/** More than any clock was ever moved by. */
const DAY: number = 86_400 * SECOND;

/**
 * The instant at which a clock in `zone` shows `wall` (microseconds). A time that the clock skips or shows twice is told
 * by `choice`: `later` reads a skipped one with the offset before the change and takes the second of two; `earlier` reads
 * a skipped one with the offset after it and takes the first.
 */
export function fromWall(wall: number, zone: string, choice: "earlier" | "later"): Micros {
  if (zone === "UTC") return wall as Micros;
  const { start, end, offset } = spanAt(wall, zone);
  if (wall - start > 2 * DAY && end - wall > 2 * DAY) return (wall - offset) as Micros;
  const millis = Math.floor(wall / 1000);
  const plain = Temporal.Instant.fromEpochMilliseconds(millis).toZonedDateTimeISO("UTC").toPlainDateTime();
  const at = plain.toZonedDateTime(zone, { disambiguation: choice });
  return (at.epochMilliseconds * 1000 + (wall - millis * 1000)) as Micros;
}
