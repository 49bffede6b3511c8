import { type Schema, Validator } from "@cfworker/json-schema";

/** What to leave out of a schema, or tolerate, when a value is checked against it. */
export type Leniency = {
  /** Values that are still to come may be missing. */
  ignoreRequired?: boolean;
  /** Null is fine wherever a value is optional, defaults or not. */
  nullForDefaults?: boolean;
};

/** Keywords whose members are schemas by name, and those whose value or elements are schemas. */
const NAMED = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
const NESTED = new Set([
  "items",
  "prefixItems",
  "additionalProperties",
  "additionalItems",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "anyOf",
  "allOf",
  "oneOf",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
]);

/** Keywords that only pass on what a keyword within them found. */
const PASSING = new Set([
  "properties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
  "anyOf",
  "oneOf",
  "additionalProperties",
  "patternProperties",
  "if",
  "then",
  "else",
]);

/**
 * Checks a value against a JSON schema as pydantic writes them: an optional property may be null, `items` may be a list,
 * `format` is not checked. Gives the first fault in words, or `undefined`. A schema that cannot be read is a fault too;
 * one that goes round in circles throws a RangeError.
 */
export function schemaFault(
  value: unknown,
  schema: Record<string, unknown>,
  leniency: Leniency = {},
): string | undefined {
  let errors: { keyword: string; instanceLocation: string; error: string }[];
  try {
    errors = new Validator(tolerant(schema, leniency) as Schema, "2020-12", true).validate(value).errors;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return `Validation failed. Failure reason: ${error instanceof Error ? error.message : String(error)}`;
  }
  const first = errors.filter((one) => !PASSING.has(one.keyword)).at(-1) ?? errors.at(-1);
  if (!first) return undefined;
  const path = first.instanceLocation
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .map(pointerPart);
  const where = path.length === 0 ? "Validation failed." : `Validation failed for field '${path.join(".")}'.`;
  return `${where} Failure reason: ${inWords(first, at(value, path))}`;
}

/** The schema with pydantic's habits put right, without touching the one given. */
function tolerant(schema: unknown, leniency: Leniency): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((one) => tolerant(one, leniency));
  const { required: wanted } = schema as { required?: unknown };
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "format" || (key === "required" && leniency.ignoreRequired)) continue;
    if (key === "items" && Array.isArray(value) && !("prefixItems" in schema))
      out.prefixItems = tolerant(value, leniency);
    else if (NAMED.has(key) && isObject(value)) {
      out[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tolerant(one, leniency)]));
    } else out[key] = NESTED.has(key) ? tolerant(value, leniency) : value;
  }
  if (!isObject(out.properties)) return out;
  const required = new Set(Array.isArray(wanted) ? wanted : []);
  for (const [name, property] of Object.entries(out.properties)) {
    if (!isObject(property) || required.has(name) || property.type === undefined || property.type === "null") continue;
    if ("default" in property && !leniency.nullForDefaults) continue;
    const { type, ...rest } = property;
    out.properties[name] = { ...rest, type: [...(Array.isArray(type) ? type : [type]), "null"] };
  }
  return out;
}

type Fault = { keyword: string; error: string };

/** A fault in the words that Python's validator uses: clients' users know them. */
function inWords({ keyword, error }: Fault, found: unknown): string {
  const quoted = [...error.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text);
  switch (keyword) {
    case "type":
      return `${repr(found)} is not of type ${quoted
        .slice(1)
        .map((type) => `'${type}'`)
        .join(", ")}`;
    case "required":
      return `'${quoted.at(-1)}' is a required property`;
    case "false":
      return `Additional properties are not allowed (${repr(found)} was unexpected)`;
    default:
      return error;
  }
}

function repr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  return typeof value === "string" ? `'${value}'` : JSON.stringify(value);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[part] : undefined,
    value,
  );
}

function pointerPart(part: string): string {
  return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
