const JSON_TEXT = Symbol.for("weir.JsonText");

/**
 * A JSON document kept as the text it was sent in. `JSON.parse` would turn `1.0` into `1` and round 2^60; users' documents
 * (parameters, block data, results, payloads) must come back as they were, so they travel as text from door to row and back.
 */
export class JsonText {
  constructor(readonly text: string) {}

  /** Bundles in one process may have a copy of this class each: what one of them made is a document to all. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && JSON_TEXT in value;
  }

  get [JSON_TEXT](): true {
    return true;
  }

  /** The parsed value, for rules that must look inside. Numbers beyond a double lose precision here, and only here. */
  value(): unknown {
    return JSON.parse(this.text);
  }

  /** The parsed value as an object; `{}` when it is anything else. */
  object(): Record<string, unknown> {
    const value = this.value();
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  }

  /** Keeps `JSON.stringify` honest where exactness does not matter (logs, tests). */
  toJSON(): unknown {
    return this.value();
  }
}

/** The empty document. */
export const EMPTY_OBJECT = new JsonText("{}");

/** A document from a value of ours, which holds no number that JavaScript would bend. */
export function jsonText(value: unknown): JsonText {
  return new JsonText(toWire(value));
}

/** Text that JSON writes as it is: no quote, backslash, control character or lone surrogate. */
const PLAIN = /^[^"\\\p{Cc}\p{Cs}]*$/u;

/** Keys as JSON writes them; nearly all that are ever sent are the same few hundred short ones. Users' may be anything. */
const keyTexts = new Map<string, string>();
const KEPT_KEYS = 2_000;
const KEPT_LENGTH = 64;

function keyText(key: string): string {
  const known = keyTexts.get(key);
  if (known !== undefined) return known;
  const text = `${toWire(key)}:`;
  if (keyTexts.size < KEPT_KEYS && key.length <= KEPT_LENGTH) keyTexts.set(key, text);
  return text;
}

/** Serialises a response: as `JSON.stringify`, but a `JsonText` is written as its own text. `undefined` members are left out. */
export function toWire(value: unknown): string {
  switch (typeof value) {
    case "string":
      return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return String(value);
    case "object":
      break;
    default:
      return "null";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(toWire).join(",")}]`;
  // Most are plain objects, and asking what else they are is dear.
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (value instanceof JsonText) return value.text;
    if (value instanceof Date) return JSON.stringify(value);
  }
  let out = "";
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined || typeof member === "function") continue;
    out += `${out === "" ? "" : ","}${keyText(key)}${toWire(member)}`;
  }
  return `{${out}}`;
}

/**
 * The source text of each member of a JSON object, by key (the last one wins, as in `JSON.parse`). `source` must be valid
 * JSON; returns an empty map when it is not an object.
 */
export function memberTexts(source: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipSpace(source, 0);
  if (source[at] !== "{") return members;
  at = skipSpace(source, at + 1);
  while (at < source.length && source[at] !== "}") {
    const keyEnd = skipString(source, at);
    const key = JSON.parse(source.slice(at, keyEnd)) as string;
    const start = skipSpace(source, skipSpace(source, keyEnd) + 1);
    const end = skipValue(source, start);
    members.set(key, source.slice(start, end));
    at = skipSpace(source, end);
    if (source[at] === ",") at = skipSpace(source, at + 1);
  }
  return members;
}

/** The JSON object of these members, given with the source text of each. */
export function objectText(members: Iterable<readonly [key: string, source: string]>): string {
  const told = [...members].map(([key, source]) => `${JSON.stringify(key)}:${source}`);
  return `{${told.join(",")}}`;
}

/** The source text of each element of a JSON array; empty when `source` is not an array. `source` must be valid JSON. */
export function elementTexts(source: string): string[] {
  const elements: string[] = [];
  let at = skipSpace(source, 0);
  if (source[at] !== "[") return elements;
  at = skipSpace(source, at + 1);
  while (at < source.length && source[at] !== "]") {
    const end = skipValue(source, at);
    elements.push(source.slice(at, end));
    at = skipSpace(source, end);
    if (source[at] === ",") at = skipSpace(source, at + 1);
  }
  return elements;
}

function skipSpace(source: string, from: number): number {
  let at = from;
  for (;;) {
    const code = source.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at += 1;
  }
}

function skipString(source: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const close = source.indexOf('"', at);
    if (close < 0) return source.length;
    let slashes = 0;
    while (source.charCodeAt(close - 1 - slashes) === 92) slashes += 1;
    at = close + 1;
    if (slashes % 2 === 0) return at;
  }
}

function skipValue(source: string, from: number): number {
  const first = source[from];
  if (first === '"') return skipString(source, from);
  if (first !== "{" && first !== "[") {
    let at = from;
    while (at < source.length && !",]} \n\r\t".includes(source[at] ?? "")) at += 1;
    return at;
  }
  let depth = 0;
  let at = from;
  while (at < source.length) {
    const char = source[at];
    if (char === '"') {
      at = skipString(source, at);
      continue;
    }
    if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return at;
}
