/** What to leave out of a schema, or tolerate, when a value is checked against it. */
export type Leniency = {
  /** Values that are still to come may be missing. */
  ignoreRequired?: boolean;
  /** Null is fine wherever a value is optional, defaults or not. */
  nullForDefaults?: boolean;
};

/** Keywords whose members are schemas by name. */
export const NAMED = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
/** Keywords whose value or elements are schemas. */
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

/** A block in a parameter may be given by its id instead. */
const BLOCK_REFERENCE = {
  type: "object",
  properties: {
    $ref: {
      oneOf: [{ type: "string" }, { type: "object", additionalProperties: { type: "string" }, minProperties: 1 }],
    },
  },
  required: ["$ref"],
};

/**
 * The schema with pydantic's habits put right, without touching the one given: an optional property may be null, `items`
 * may be a list, a block may be a reference, `format` is not checked, and a pattern that only Python can read is left to
 * the flow's own check.
 */
export function tolerantSchema(schema: unknown, leniency: Leniency): unknown {
  if (Array.isArray(schema)) return schema.map((one) => tolerantSchema(one, leniency));
  if (!isObject(schema)) return schema;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "format" || (key === "required" && leniency.ignoreRequired)) continue;
    if (key === "pattern") {
      const pattern = readablePattern(value);
      if (pattern !== undefined) out.pattern = pattern;
    } else if (key === "items" && Array.isArray(value) && !("prefixItems" in schema)) {
      out.prefixItems = tolerantSchema(value, leniency);
    } else if (NAMED.has(key) && isObject(value)) {
      out[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tolerantSchema(one, leniency)]));
    } else out[key] = NESTED.has(key) ? tolerantSchema(value, leniency) : value;
  }
  for (const key of ["definitions", "$defs"]) if (isObject(out[key])) out[key] = withReferences(out[key]);
  if (isObject(out.properties)) admitNull(out.properties, schema.required, leniency);
  return out;
}

function admitNull(properties: Record<string, unknown>, wanted: unknown, leniency: Leniency): void {
  const required = new Set(Array.isArray(wanted) ? wanted : []);
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property) || required.has(name) || property.type === undefined || property.type === "null") continue;
    if ("default" in property && !leniency.nullForDefaults) continue;
    const { type, ...rest } = property;
    properties[name] = { ...rest, type: [...(Array.isArray(type) ? type : [type]), "null"] };
  }
}

function withReferences(definitions: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, one]) => [
      name,
      isObject(one) && "block_type_slug" in one ? { oneOf: [one, BLOCK_REFERENCE] } : one,
    ]),
  );
}

/** A pattern as JavaScript writes it; `undefined` when it has no such form. */
function readablePattern(pattern: unknown): string | undefined {
  if (typeof pattern !== "string") return undefined;
  const translated = pattern.replaceAll("(?P<", "(?<").replaceAll("\\Z", "$").replaceAll("\\A", "^");
  try {
    new RegExp(translated, "u");
    return translated;
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
