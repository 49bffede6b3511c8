import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { schemaSize } from "./schema-size.ts";
import { inWords } from "./schema-words.ts";
import { isObject, type Leniency, tolerantSchema } from "./tolerant-schema.ts";

/** One thing wrong with a value: where, by which keyword, and in words. */
export type SchemaFault = { path: (string | number)[]; keyword: string; message: string };

/** Keywords that only pass on what a keyword within them found. */
const PASSING = new Set([
  "properties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
  "additionalProperties",
  "patternProperties",
  "dependentSchemas",
  "if",
  "then",
  "else",
]);

/** Keywords of alternatives: what is wrong with each of them is left out, as nobody knows which one was meant. */
const CHOOSING = new Set(["anyOf", "oneOf"]);

/** A schema made ready to check values by. */
export type PreparedSchema = {
  /** As `schemaSize` has it. */
  size: number;
  find(value: unknown): Found[];
};

/** How a schema is prepared: what it tolerates, and whether a check ends at the first fault. */
type Manner = Leniency & { findsAll?: boolean };

/** Prepares a JSON schema (draft 2020-12) as pydantic writes them; see `tolerantSchema`. */
export function prepareSchema(
  schema: Record<string, unknown>,
  { findsAll = false, ...leniency }: Manner = {},
): PreparedSchema {
  const tolerant = tolerantSchema(schema, leniency) as Schema;
  const size = schemaSize(tolerant);
  const validator = readable(() => new Validator(tolerant, "2020-12", !findsAll));
  if ("unreadable" in validator) return { size, find: () => validator.unreadable };
  const find = (value: unknown): Found[] => {
    const result = readable(() => validator.done.validate(value).errors);
    return "unreadable" in result ? result.unreadable : meant(result.done, value);
  };
  return { size, find };
}

/**
 * Every fault of a value by a schema. A schema that refers to nowhere is a fault of the whole; one that goes round in
 * circles throws a RangeError.
 */
export function schemaFaults(value: unknown, schema: Record<string, unknown>): SchemaFault[] {
  return prepareSchema(schema, { findsAll: true })
    .find(value)
    .map(({ keyword, error, path }) => ({ path, keyword, message: inWords({ keyword, error }, at(value, path)) }));
}

/** The first fault in words, with its place, or `undefined`; else as `schemaFaults`. */
export function schemaFault(value: unknown, schema: PreparedSchema): string | undefined {
  const [first] = schema.find(value);
  if (!first) return undefined;
  const where =
    first.path.length === 0 ? "Validation failed." : `Validation failed for field '${first.path.join(".")}'.`;
  return `${where} Failure reason: ${inWords(first, at(value, first.path))}`;
}

type Found = { path: (string | number)[]; keyword: string; error: string };

/** What the validator cannot read, or follow, is a fault of the whole. */
function readable<T>(work: () => T): { done: T } | { unreadable: Found[] } {
  try {
    return { done: work() };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return {
      unreadable: [{ path: [], keyword: "$ref", error: error instanceof Error ? error.message : String(error) }],
    };
  }
}

/** The faults to tell, of all that the validator lists. */
function meant(errors: readonly OutputUnit[], value: unknown): Found[] {
  const told: Found[] = [];
  const choices: string[] = [];
  for (const { keyword, keywordLocation, instanceLocation, error } of errors) {
    if (choices.some((choice) => keywordLocation.startsWith(choice))) continue;
    if (CHOOSING.has(keyword)) choices.push(`${keywordLocation}/`);
    if (PASSING.has(keyword)) continue;
    told.push({ keyword, error, path: pathOf(value, instanceLocation) });
  }
  return told;
}

/** A pointer's parts; indexes of lists are numbers. */
function pathOf(value: unknown, pointer: string): (string | number)[] {
  const path: (string | number)[] = [];
  let inner = value;
  for (const part of pointer.split("/").slice(1)) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(inner) ? Number(name) : name);
    inner = at(inner, [name]);
  }
  return path;
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      (isObject(inner) || Array.isArray(inner)) && Object.hasOwn(inner, part)
        ? (inner as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}
