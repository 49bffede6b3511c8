import { type JsonText, WeirError } from "@weir/contracts";
import { tookTooLong, withinTime } from "./bounded.ts";
import { type PreparedSchema, prepareSchema, schemaFault } from "./schema.ts";
import { isObject, type Leniency } from "./tolerant-schema.ts";

const CIRCULAR = "Invalid schema: Unable to validate schema with circular references.";
const ENDLESS = "Invalid schema: checking a value by it takes too long. Simplify its patterns and alternatives.";

/** A check of fewer steps than this, size of the schema by size of the value, ends within milliseconds: it needs no watch. */
const FEW_STEPS = 1_000_000;

const parameterSchemas = once((schema) => prepareSchema(schema.object()));

/** The fault of parameters by a deployment's schema, in words; `undefined` when there is none. */
export function parametersFault(parameters: JsonText, schema: JsonText, leniency?: Leniency): string | undefined {
  // Values that are filled in later cannot be judged now.
  if (parameters.text.includes('"__prefect_kind"')) return undefined;
  const prepared = leniency ? judged(() => prepareSchema(schema.object(), leniency)) : parameterSchemas(schema);
  return fault(parameters.object(), prepared, parameters.text.length);
}

/** A pool's template as final job variables are checked by it; `undefined` when it declares none. */
const templates = once((template) => {
  const schema = variablesOf(template);
  if (!schema) return undefined;
  return { schema: prepareSchema(schema, { nullForDefaults: true }), defaults: defaultsOf(schema) };
});

/**
 * The fault of job variables by a pool's template: its defaults under what the deployment and the run give. Required ones
 * count only where nothing more can come.
 */
export function jobVariablesFault(
  template: JsonText,
  given: readonly JsonText[],
  isFinal: boolean,
): string | undefined {
  const final = isFinal ? templates(template) : undefined;
  const values: Record<string, unknown> = Object.assign({}, final?.defaults, ...given.map((one) => one.object()));
  const text = JSON.stringify(values);
  // References to blocks, and templates, are resolved by the client.
  if (/"\$ref"|\{\{/.test(text)) return undefined;
  const schema = isFinal ? final?.schema : judged(() => lenientSchema(template));
  return schema && fault(values, schema, text.length);
}

function lenientSchema(template: JsonText): PreparedSchema | undefined {
  const schema = variablesOf(template);
  return schema && prepareSchema(schema, { ignoreRequired: true, nullForDefaults: true });
}

function variablesOf(template: JsonText): Record<string, unknown> | undefined {
  const { variables } = template.object();
  return typeof variables === "object" && variables !== null ? (variables as Record<string, unknown>) : undefined;
}

function defaultsOf(schema: Record<string, unknown>): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  if (!isObject(schema.properties)) return defaults;
  const lenient = prepareSchema(schema, { ignoreRequired: true });
  for (const [name, property] of Object.entries(schema.properties)) {
    if (!isObject(property) || !("default" in property)) continue;
    // A default that does not fit its own schema is the template's fault, not the caller's.
    if (schemaFault({ [name]: property.default }, lenient) === undefined) defaults[name] = property.default;
  }
  return defaults;
}

/**
 * What is made of a document, within the time that a check has: once for as long as somebody holds the document, so that what
 * is remembered with a deployment is made once.
 */
function once<T>(make: (document: JsonText) => T): (document: JsonText) => T {
  const made = new WeakMap<JsonText, { value: T }>();
  return (document) => {
    const known = made.get(document) ?? { value: judged(() => make(document)) };
    made.set(document, known);
    return known.value;
  };
}

function fault(value: unknown, schema: PreparedSchema, length: number): string | undefined {
  return judged(() => schemaFault(value, schema), schema.size * length <= FEW_STEPS);
}

/**
 * Runs a check by a schema of a user's; 422 when the schema goes round in circles or the check does not end in time. One that
 * `isShort` is not watched: to watch it would cost more than the check.
 */
export function judged<T>(check: () => T, isShort = false): T {
  try {
    const outcome = isShort ? { done: check() } : withinTime(check);
    if (outcome) return outcome.done;
  } catch (error) {
    if (error instanceof RangeError) throw new WeirError("invalid", CIRCULAR);
    throw error;
  }
  throw tookTooLong(ENDLESS);
}
