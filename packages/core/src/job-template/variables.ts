import { fillPlaceholders, PLACEHOLDER } from "./placeholders.ts";

const PREFIX = "prefect.variables.";

/** Names of the workspace's variables that a rendered job (JSON text) asks for, each once. */
export function variablesIn(job: string): string[] {
  const names = [...job.matchAll(PLACEHOLDER)].map(([, name = ""]) => name).filter((name) => name.startsWith(PREFIX));
  return [...new Set(names.map((name) => name.slice(PREFIX.length)))];
}

/**
 * A rendered job with the workspace's variables filled in, as a worker does before it starts one; one that is missing is an
 * empty text. All are JSON text. `undefined`: the job would be too large to tell.
 */
export function fillVariables(job: string, values: ReadonlyMap<string, string>): string | undefined {
  return fillPlaceholders(
    job,
    (name) => name.startsWith(PREFIX),
    (name) => values.get(name.slice(PREFIX.length)) ?? '""',
  );
}
