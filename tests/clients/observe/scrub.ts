import type { Json } from "../harness/rest.ts";

/** Replaces in a text all that differs from one run of the same script to the next. */
export type Scrub = (text: string) => string;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const SHORT_AGO =
  /\b(?:just now|now|(?:a few|an?|\d+(?:\.\d+)?)(?: (?:seconds?|minutes?|hours?|days?))? (?:ago|from now))(?![\w-])/g;

/** The order matters: an address holds ids, and a time holds a shorter time. */
const PATTERNS: [RegExp, string][] = [
  [/\bhttps?:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?[^\s"'<>│)]*/g, "<url>"],
  [/(?:\/[\w.+~-]+)*\/weir-clients-\w+\/\w+-\w+/g, "<home>"],
  [UUID, "<id>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC|[+-]\d\d:\d\d)?/g, "<time>"],
  [/\b\d\d:\d\d:\d\d\.\d{3}\b/g, "<time>"],
  [/\bDateTime\([^)]*\)\)?/g, "<time>"],
  [/\bdatetime\.datetime\((?:[^()]|\([^()]*\))*\)/g, "<time>"],
  [/\bdatetime\.timedelta\([^)]*\)/g, "<duration>"],
  [SHORT_AGO, "<ago>"],
  [/\bPID:? ?\d+/gi, "PID <pid>"],
  [/infrastructure_pid='[^']*'/g, "infrastructure_pid='<pid>'"],
];

/**
 * A scrub that also knows the names the server or the client made up: `generated` maps each to what stands for it.
 * Longer names go first, so that none is cut out of another.
 */
export function scrubWith(generated: Iterable<[name: string, stand: string]> = []): Scrub {
  const names = [...generated].sort(([a], [b]) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const [pattern, stand] of PATTERNS) clean = clean.replace(pattern, stand);
    for (const [name, stand] of names) clean = clean.replaceAll(name, stand);
    return clean;
  };
}

/** Scrubs every text of a value, keys included. */
export function scrubAll(value: Json, scrub: Scrub): Json {
  if (typeof value === "string") return scrub(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => scrubAll(item, scrub));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [scrub(key), scrubAll(item, scrub)]));
}

/**
 * What a person reads in a terminal's output: no frames, no columns, no blank lines. Tables become their cells with one
 * space between, since ids and times of other lengths move the columns.
 */
export function plainLines(output: string, scrub: Scrub): string[] {
  return output
    .split(/\r?\n/)
    .map((line) =>
      scrub(line.replace(/[━─┏┓┡┩└┘├┤┬┴┼╇┳╭╮╰╯╞╡╪]/g, "").replace(/[│┃|]/g, " "))
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter((line) => line !== "");
}
