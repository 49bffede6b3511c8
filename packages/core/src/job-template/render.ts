import { elementTexts, memberTexts, objectText } from "@weir/contracts";
import { inPython } from "./in-python.ts";

/** Names between double braces. What begins with `$` or `prefect.` is the worker's to fill in, where the job starts. */
export const PLACEHOLDER = /\{\{\s*([\w.\-[\]$]+)\s*\}\}/g;
const WORKERS = /^(\$|prefect\.(blocks|variables)\.)/;

/** A job is told in so many characters at most: a value may be asked for often. */
const MOST_CHARACTERS = 8_000_000;

/**
 * A pool's job configuration with its variables filled in, as a worker fills them in before it starts a job: the
 * template's defaults under `given`, whose keys may name members with dots (`env.DEBUG`). Environment variables of the
 * configuration, the defaults and `given` go over each other. A member whose variable has no value is left out. Documents
 * are JSON text, and values keep theirs. `undefined`: the job would be too large to tell.
 */
export function renderJobTemplate(template: string, given: string): string | undefined {
  const { job_configuration: configuration = "{}", variables: schema = "{}" } = membersOf(template);
  const defaults = defaultsOf(schema);
  const values = new Map([...defaults, ...memberTexts(nested(given))]);
  const job = memberTexts(configuration);
  const [atFirst, finally_] = [defaults.get("env"), values.get("env")];
  let env = job.get("env");
  if (atFirst !== undefined && memberTexts(atFirst).size > 0) env = isObject(env) ? over(env, atFirst) : atFirst;
  if (isObject(env) && isObject(finally_)) env = over(env, finally_);
  if (env !== undefined) job.set("env", env);
  const budget = { left: MOST_CHARACTERS };
  const told = fill(objectText(job), objectText(values), budget) ?? "{}";
  return budget.left < 0 ? undefined : told;
}

function membersOf(source: string): Record<string, string> {
  return Object.fromEntries(memberTexts(source));
}

/** Defaults of a template's variables; null is none. */
function defaultsOf(schema: string): Map<string, string> {
  const defaults = new Map<string, string>();
  for (const [name, property] of memberTexts(memberTexts(schema).get("properties") ?? "{}")) {
    const value = memberTexts(property).get("default");
    if (value !== undefined && value !== "null") defaults.set(name, value);
  }
  return defaults;
}

/** Keys with dots as members of members; what is named without goes over what is named with. */
function nested(given: string): string {
  let out = "{}";
  const members = [...memberTexts(given)];
  for (const [key, value] of members) if (key.includes(".")) out = put(out, key.split("."), value);
  for (const [key, value] of members) if (!key.includes(".")) out = over(out, objectText([[key, value]]), true);
  return out;
}

function put(object: string, [key = "", ...rest]: string[], value: string): string {
  const members = memberTexts(object);
  members.set(key, rest.length === 0 ? value : put(members.get(key) ?? "{}", rest, value));
  return objectText(members);
}

/** Members over members; `deep`: those within them too. */
function over(object: string, upper: string, deep = false): string {
  const members = memberTexts(object);
  for (const [key, value] of memberTexts(upper)) {
    const lower = members.get(key);
    members.set(key, deep && isObject(lower) && isObject(value) ? over(lower, value, true) : value);
  }
  return objectText(members);
}

function isObject(source: string | undefined): source is string {
  return source?.startsWith("{") ?? false;
}

/** A value with its placeholders filled in; `undefined` when it is a placeholder of no value. */
function fill(source: string, values: string, budget: { left: number }): string | undefined {
  budget.left -= source.length;
  if (budget.left < 0) return "null";
  if (source.startsWith("{")) {
    const members = [...memberTexts(source)].map(([key, value]) => [key, fill(value, values, budget)] as const);
    return objectText(members.filter((member): member is readonly [string, string] => member[1] !== undefined));
  }
  if (source.startsWith("["))
    return `[${elementTexts(source)
      .map((element) => fill(element, values, budget))
      .filter((element) => element !== undefined)
      .join(",")}]`;
  return source.startsWith('"') ? fillText(JSON.parse(source) as string, source, values, budget) : source;
}

function fillText(text: string, source: string, values: string, budget: { left: number }): string | undefined {
  const found = [...text.matchAll(PLACEHOLDER)].filter(([, name = ""]) => !WORKERS.test(name));
  if (found.length === 0) return source;
  const [whole, name = ""] = found[0] ?? [];
  if (whole === text) {
    const value = lookUp(values, name);
    budget.left -= value?.length ?? 0;
    return value;
  }
  const filled = text.replaceAll(PLACEHOLDER, (written, inside: string) => {
    if (budget.left < 0 || WORKERS.test(inside)) return written;
    const value = lookUp(values, inside);
    budget.left -= value?.length ?? 0;
    return value === undefined ? "" : inPython(value);
  });
  return JSON.stringify(filled);
}

/** A member by its path: `a.b[0]`. */
function lookUp(values: string, name: string): string | undefined {
  return name
    .replaceAll("[", ".")
    .replaceAll("]", "")
    .split(".")
    .reduce<string | undefined>((value, key) => {
      if (value?.startsWith("[")) return elementTexts(value)[Number(key)];
      return value === undefined ? undefined : memberTexts(value).get(key);
    }, values);
}
