import { elementTexts, memberTexts, objectText } from "@weir/contracts";
import { fillPlaceholders } from "./placeholders.ts";

/** What begins with `$` or `prefect.` is the worker's to fill in, where the job starts. */
const WORKERS = /^(\$|prefect\.(blocks|variables)\.)/;

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
  const among = objectText(values);
  return fillPlaceholders(
    objectText(job),
    (name) => !WORKERS.test(name),
    (name) => lookUp(among, name),
  );
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
