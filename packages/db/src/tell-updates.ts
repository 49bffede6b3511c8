import { isDeepStrictEqual } from "node:util";
import { JsonText, toWire } from "@weir/contracts";
import type { Row } from "./client.ts";
import { type FactNoun, tellChange } from "./facts.ts";
import { raw, type Sql, sql } from "./sql.ts";

/** The fields whose changes are told, by the names they have in events. What has events of its own (a status) is not among them. */
const fields: Record<FactNoun, Sql> = {
  work_pool: raw("description, base_job_template, concurrency_limit, storage_configuration"),
  work_queue: raw("name, description, concurrency_limit, priority"),
  deployment: raw(
    `description, tags, labels, version, paused, parameters, parameter_openapi_schema, enforce_parameter_schema, entrypoint,
     path, pull_steps, work_queue_id, job_variables as infra_overrides, concurrency_limit_id, concurrency_options`,
  ),
};

/** Credentials are kept in these (a variable of an environment, a token to pull with): that they changed is told, not how. */
const hidden = new Set(["base_job_template", "infra_overrides", "pull_steps"]);
const HIDDEN = { from: "********", to: "********" };

type Query = (statement: Sql) => Promise<Row[]>;

/**
 * Makes a change of the row that `which` names, and tells what it made of its fields: `updated_fields`, and in `updates` what
 * each was and is. Where nothing has changed, or there was no such row before, nothing is told. Gives what `change` gives.
 */
export async function tellUpdates<T>(
  query: Query,
  { ws, noun, which, now }: { ws: string; noun: FactNoun; which: Sql; now: string },
  change: () => Promise<T>,
): Promise<T> {
  const row = sql`select id, ${fields[noun]} from ${raw(noun)} where workspace_id = ${ws} and ${which}`;
  const [before] = await query(sql`${row} for no key update`);
  const made = await change();
  const [after] = before ? await query(row) : [];
  const changed = Object.entries(after ?? {}).filter(([name, to]) => !isSame(before?.[name], to));
  if (changed.length > 0) {
    const updates = changed.map(([name, to]) => [name, hidden.has(name) ? HIDDEN : { from: before?.[name], to }]);
    const payload = toWire({ updated_fields: changed.map(([name]) => name), updates: Object.fromEntries(updates) });
    await query(tellChange(ws, noun, String(after?.id), "updated", now, payload));
  }
  return made;
}

/** Documents are the same when they say the same: clients space and order them as they like. */
function isSame(from: unknown, to: unknown): boolean {
  if (!(from instanceof JsonText && to instanceof JsonText)) return isDeepStrictEqual(from, to);
  return from.text === to.text || isDeepStrictEqual(from.value(), to.value());
}
