import { z } from "zod";
import { JsonText, jsonText } from "./json.ts";
import { formatInstant, type IsoInstant, type Micros, parseInstant } from "./time.ts";

/** A user's JSON document. Doors hand it over as the text it came in (JsonText); a plain value is accepted from our own code. */
export const Document = z.unknown().transform((value, ctx) => {
  if (value === undefined) {
    ctx.addIssue({ code: "custom", message: "Field required" });
    return z.NEVER;
  }
  return value instanceof JsonText ? value : jsonText(value);
});

/** As Document, but it must be a JSON object. */
export const ObjectDocument = Document.refine(
  (document) => document.text.trimStart().startsWith("{"),
  "Input should be a valid dictionary",
);

/** An instant in any form clients send; parsed to canonical ISO text with microseconds. */
export const Instant = z.union([z.string(), z.number()]).transform((value, ctx): IsoInstant => {
  const micros = typeof value === "string" ? parseInstant(value) : fromEpoch(value);
  if (micros !== undefined) return formatInstant(micros);
  ctx.addIssue({ code: "custom", message: "Input should be a valid datetime" });
  return z.NEVER;
});

/** The first second of the year 1. */
const FIRST_SECOND = -62_135_596_800;

/** Epoch seconds, or milliseconds when too large to be seconds, as pydantic reads numbers. */
function fromEpoch(value: number): Micros | undefined {
  const seconds = Math.abs(value) > 2e10 ? value / 1000 : value;
  return seconds > FIRST_SECOND && seconds < 2e11 ? (Math.round(seconds * 1e6) as Micros) : undefined;
}

/** A length of time in seconds: a number, or an ISO 8601 duration of weeks, days, hours, minutes and seconds. */
export const Seconds = z.union([z.number(), z.string()]).transform((value, ctx) => {
  const seconds = typeof value === "number" ? value : fromDuration(value);
  if (seconds !== undefined && Number.isFinite(seconds)) return seconds;
  ctx.addIssue({ code: "custom", message: "Input should be a valid timedelta" });
  return z.NEVER;
});

const DURATION =
  /^([+-])?P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

function fromDuration(text: string): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  const match = DURATION.exec(text);
  if (!match || text.length < 3) return undefined;
  const [, sign, weeks = "0", days = "0", hours = "0", minutes = "0", seconds = "0"] = match;
  const total =
    Number(weeks) * 604_800 + Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -total : total;
}

/** A name of ours: not empty, none of `/ % & > <`, not `.` or `..`, at most 5,000 characters, no NUL. */
export const Name = z
  .string()
  .min(1, "String should have at least 1 character")
  .max(5000, "String should have at most 5000 characters")
  .refine(
    (name) => !/[/%&><]/.test(name) && !name.includes("\u0000"),
    "Name contains an invalid character. Must not include any of '/', '%', '&', '>', or '<'.",
  )
  // Clients fold these into the path before they send it: deleting a thing of that name would delete what holds it.
  .refine((name) => name !== "." && name !== "..", "A name must not be '.' or '..'.");

/** Free text with NUL removed: PostgreSQL cannot hold it, and clients send it in messages. */
export const Text = z.string().transform(withoutNul);

/** `text` without NUL characters. */
export function withoutNul(text: string): string {
  return text.includes("\u0000") ? text.replaceAll("\u0000", "") : text;
}

/** Tags: strings without NUL, repeats dropped, order kept. */
export const Tags = z.array(Text).transform((tags) => [...new Set(tags)]);

/** How many rows a list returns: 0 to 200, 200 when absent or null. */
export const Limit = z
  .number()
  .int()
  .min(0, "Invalid limit: must be greater than or equal to 0.")
  .max(200, "Invalid limit: must be less than or equal to 200.")
  .nullish()
  .transform((limit) => limit ?? 200);

/** A number or a flag that stands in an address, as the text that it is there, for the schema of what it says. */
export function inAddress<T extends z.ZodType>(schema: T) {
  return z.preprocess((given) => (typeof given === "string" ? (said.get(given) ?? numberIn(given)) : given), schema);
}

const said = new Map([
  ["true", true],
  ["false", false],
]);
const numberIn = (text: string) => (/^-?\d+$/.test(text) ? Number(text) : text);

/** How many rows a list skips; 0 when absent or null. */
export const Offset = z
  .number()
  .int()
  .min(0, "Input should be greater than or equal to 0")
  .max(2_147_483_647)
  .nullish()
  .transform((offset) => offset ?? 0);
