import { type Schema, Validator } from "@cfworker/json-schema";
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

/**
 * Checks a value against a JSON schema (draft 2020-12) as pydantic writes them; see `tolerantSchema`. Gives every fault. A
 * schema that refers to nowhere is a fault of the whole; one that goes round in circles throws a RangeError.
 */
export function schemaFaults(value: unknown, schema: Record<string, unknown>, leniency: Leniency = {}): SchemaFault[] {
  return check(value, schema, leniency, false).map(({ keyword, error, path }) => ({
    path,
    keyword,
    message: inWords({ keyword, error }, at(value, path)),
  }));
}

/** The first fault in words, with its place, or `undefined`; else as `schemaFaults`. */
export function schemaFault(
  value: unknown,
  schema: Record<string, unknown>,
  leniency: Leniency = {},
): string | undefined {
  const [first] = check(value, schema, leniency, true);
  if (!first) return undefined;
  const where =
    first.path.length === 0 ? "Validation failed." : `Validation failed for field '${first.path.join(".")}'.`;
  return `${where} Failure reason: ${inWords(first, at(value, first.path))}`;
}

type Found = { path: (string | number)[]; keyword: string; error: string };

function check(value: unknown, schema: Record<string, unknown>, leniency: Leniency, onlyFirst: boolean): Found[] {
  let errors: { keyword: string; keywordLocation: string; instanceLocation: string; error: string }[];
  try {
    errors = new Validator(tolerantSchema(schema, leniency) as Schema, "2020-12", onlyFirst).validate(value).errors;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return [{ path: [], keyword: "$ref", error: error instanceof Error ? error.message : String(error) }];
  }
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
