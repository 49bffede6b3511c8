import { type JsonText, WeirError } from "@weir/contracts";
import { withinTime } from "./bounded.ts";
import { schemaFault } from "./schema.ts";
import type { Leniency } from "./tolerant-schema.ts";

const CIRCULAR = "Invalid schema: Unable to validate schema with circular references.";
const ENDLESS = "Invalid schema: checking a value by it takes too long. Simplify its patterns and alternatives.";

/** The fault of parameters by a deployment's schema, in words; `undefined` when there is none. */
export function parametersFault(parameters: JsonText, schema: JsonText, leniency: Leniency = {}): string | undefined {
  // Values that are filled in later cannot be judged now.
  if (parameters.text.includes('"__prefect_kind"')) return undefined;
  return fault(parameters.object(), schema.object(), leniency);
}

/**
 * The fault of job variables by a pool's template: its defaults under what the deployment and the run give. Required ones
 * count only where nothing more can come.
 */
export function jobVariablesFault(
  template: JsonText,
  given: readonly JsonText[],
  isFinal: boolean,
): string | undefined {
  const { variables } = template.object();
  if (typeof variables !== "object" || variables === null) return undefined;
  const schema = variables as Record<string, unknown>;
  const values = Object.assign(
    {},
    isFinal ? defaultsOf(schema) : {},
    ...given.map((document) => document.object()),
  ) as Record<string, unknown>;
  // References to blocks, and templates, are resolved by the client.
  if (/"\$ref"|\{\{/.test(JSON.stringify(values))) return undefined;
  return fault(values, schema, { ignoreRequired: !isFinal, nullForDefaults: true });
}

function defaultsOf(schema: Record<string, unknown>): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  const { properties } = schema;
  if (typeof properties !== "object" || properties === null) return defaults;
  for (const [name, property] of Object.entries(properties)) {
    if (typeof property !== "object" || property === null || !("default" in property)) continue;
    // A default that does not fit its own schema is the template's fault, not the caller's.
    if (fault({ [name]: property.default }, schema, { ignoreRequired: true }) === undefined)
      defaults[name] = property.default;
  }
  return defaults;
}

function fault(value: unknown, schema: Record<string, unknown>, leniency: Leniency): string | undefined {
  return judged(() => schemaFault(value, schema, leniency));
}

/** Runs a check by a schema of a user's; 422 when the schema goes round in circles or the check does not end in time. */
export function judged<T>(check: () => T): T {
  try {
    const outcome = withinTime(check);
    if (outcome) return outcome.done;
  } catch (error) {
    if (error instanceof RangeError) throw new WeirError("invalid", CIRCULAR);
    throw error;
  }
  throw new WeirError("invalid", ENDLESS);
}
