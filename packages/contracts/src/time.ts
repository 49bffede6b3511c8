/**
 * An instant as whole microseconds since 1970-01-01T00:00:00Z. Exact in a double until the year 2255, so rules compare
 * and add with plain arithmetic; time-zone arithmetic is Temporal's, in packages/core/src/schedules.
 */
export type Micros = number & { readonly __brand: "Micros" };

/** An instant on the wire and in rows: `2026-08-01T12:00:00.123456Z`. Never naive, microseconds kept. */
export type IsoInstant = string;

/** Microseconds in a second. */
export const SECOND = 1_000_000;

/** Four hundred years: 146,097 days. */
const CALENDAR_CYCLE_MS = 146_097 * 86_400_000;

const SHAPE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|z|[+-]\d{2}(?::?\d{2})?(?::?\d{2})?)?$/;

/**
 * Reads an ISO 8601 instant; `T` or a space, any offset, up to nine fraction digits (cut to six). A text without an
 * offset is UTC, as Prefect's server takes it. Returns `undefined` when it is not an instant.
 */
export function parseInstant(text: string): Micros | undefined {
  return parseCanonical(text) ?? parseAny(text);
}

/**
 * The forms in which clients and we write nearly all of them, `2026-08-01T12:00:00.123456Z` and, of whole seconds,
 * `2026-08-01T12:00:00Z`: digit by digit, since they are read tens of thousands of times a second. `undefined` for any other,
 * real instant or not.
 */
function parseCanonical(text: string): Micros | undefined {
  const isWhole = text.length === 20;
  if (!isWhole && (text.length !== 27 || text[19] !== ".")) return undefined;
  if (text[10] !== "T" || text[text.length - 1] !== "Z") return undefined;
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const micros = isWhole ? 0 : digits(text, 20, 26);
  // Not a number fails every comparison; 29 February, the 31st and leap seconds are left to the other reader.
  const plain =
    year >= 1970 &&
    year < 2255 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= (month === 2 ? 28 : 30) &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!plain || Number.isNaN(micros)) return undefined;
  return (Date.UTC(year, month - 1, day, hour, minute, second) * 1000 + micros) as Micros;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function parseAny(text: string): Micros | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", offset] = match;
  // A whole cycle of the calendar later, and back: Date takes the years 0 to 99 for 1900 to 1999.
  const later = Date.UTC(
    Number(year) + 400,
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const millis = later - CALENDAR_CYCLE_MS;
  const real = Number(month) <= 12 && Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month));
  if (!real || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const micros = millis * 1000 - offsetSeconds(offset) * SECOND;
  // Where a double no longer counts single microseconds, only milliseconds are read: more could round into the next year.
  const read = Math.abs(micros) < Number.MAX_SAFE_INTEGER - SECOND ? 6 : 3;
  return (micros + Number(fraction.slice(0, read).padEnd(6, "0"))) as Micros;
}

/** The texts of some instants told last, each in the place of its remainder: one instant is told in many columns and rows. */
const told = { micros: new Float64Array(61).fill(Number.NaN), texts: [] as IsoInstant[] };

/** `2026-08-01T12:00:00.123456Z`; the fraction is left out when it is zero. */
export function formatInstant(micros: Micros): IsoInstant {
  const place = Math.abs(micros % told.micros.length);
  const known = told.micros[place] === micros ? told.texts[place] : undefined;
  if (known !== undefined) return known;
  const text = written(micros);
  told.micros[place] = micros;
  told.texts[place] = text;
  return text;
}

function written(micros: Micros): IsoInstant {
  const millis = Math.floor(micros / 1000);
  const text = new Date(millis).toISOString();
  const fraction = micros - Math.floor(micros / SECOND) * SECOND;
  return fraction === 0 ? `${text.slice(0, 19)}Z` : `${text.slice(0, 19)}.${String(fraction).padStart(6, "0")}Z`;
}

/** True when `left` is after `right`. ISO text does not sort by itself: a fraction may be absent or of any length. */
export function isAfter(left: IsoInstant, right: IsoInstant): boolean {
  return (parseInstant(left) ?? 0) > (parseInstant(right) ?? 0);
}

/** `instant` moved by `seconds` (may be negative or fractional), to the nearest microsecond. */
export function addSeconds(instant: Micros, seconds: number): Micros {
  return (instant + Math.round(seconds * SECOND)) as Micros;
}

/** Seconds from `from` to `to`, as the fraction the wire uses for durations. */
export function secondsBetween(from: Micros, to: Micros): number {
  return (to - from) / SECOND;
}

function daysIn(year: number, month: number): number {
  return month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31;
}

function offsetSeconds(offset: string | undefined): number {
  if (!offset || offset === "Z" || offset === "z") return 0;
  const digits = offset.slice(1).replaceAll(":", "").padEnd(6, "0");
  const size = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6));
  return offset.startsWith("-") ? -size : size;
}
