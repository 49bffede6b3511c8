import { raw, type Sql, sql } from "./sql.ts";

/** Nouns that tell of themselves as events. */
export type FactNoun = "work_pool" | "work_queue" | "deployment";

/** A resource as JSON, of a kind in the words of the wire. */
const resource = (kind: string, alias: string, more = "") =>
  `jsonb_build_object('prefect.resource.id', 'prefect.${kind}.' || ${alias}.id, 'prefect.resource.name', ${alias}.name${more})`;
const related = (kind: string, alias: string, more = "") =>
  `case when ${alias}.id is null then '[]'::jsonb else jsonb_build_array(${resource(kind, alias, `, 'prefect.resource.role', '${kind}'${more}`)}) end`;
const poolType = (alias: string) => `, 'prefect.work-pool.type', ${alias}.type`;

/** How the event of a noun's row is made: its kind on the wire, its resource, and what is related to it. */
const nouns: Record<FactNoun, { kind: string; resource: string; related: string; from: string }> = {
  work_pool: {
    kind: "work-pool",
    resource: resource("work-pool", "n", poolType("n")),
    related: "'[]'::jsonb",
    from: "work_pool n on n.workspace_id = c.workspace_id and n.id = c.id",
  },
  work_queue: {
    kind: "work-queue",
    resource: resource("work-queue", "n"),
    related: related("work-pool", "p", poolType("p")),
    from: `work_queue n on n.workspace_id = c.workspace_id and n.id = c.id
      join work_pool p on p.workspace_id = n.workspace_id and p.id = n.work_pool_id`,
  },
  deployment: {
    kind: "deployment",
    resource: resource("deployment", "n"),
    related: `${related("flow", "f")} || ${related("work-queue", "q")} || ${related("work-pool", "p", poolType("p"))}`,
    from: `deployment n on n.workspace_id = c.workspace_id and n.id = c.id
      left join flow f on f.workspace_id = n.workspace_id and f.id = n.flow_id
      left join work_queue q on q.workspace_id = n.workspace_id and q.id = n.work_queue_id
      left join work_pool p on p.workspace_id = n.workspace_id and p.id = n.work_pool_id`,
  },
};

/**
 * CTEs that tell of changes in the statement that makes them: an event for each with the resources it involves, and hints.
 * Each named CTE of `changes` has the rows that changed, with the event's last word
 * (`verb`), its time (`at`) and its `payload`. Names and relations are read as
 * they were before the statement.
 */
export function toldChanges(changes: Partial<Record<FactNoun, string>>): string {
  const each = Object.entries(changes) as [FactNoun, string][];
  const facts = each.map(
    ([noun, cte]) => `
      select c.workspace_id, c.id, '${noun}' as noun, c.at, gen_random_uuid() as event_id, c.payload,
             'prefect.${nouns[noun].kind}.' || c.verb as event, ${nouns[noun].resource} as resource, ${nouns[noun].related} as related
        from ${cte} c join ${nouns[noun].from}`,
  );
  return `
    , facts as materialized (${facts.join(" union all ")}
    ), told_events as (
      insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
      select f.workspace_id, f.at, f.event_id, w.retention_days, f.at, f.event, f.resource->>'prefect.resource.id',
             json_build_object('id', f.event_id,
               'occurred', to_char(f.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'event', f.event,
               'resource', f.resource, 'related', f.related, 'payload', f.payload, 'follows', null)::text
        from facts f join workspace w on w.id = f.workspace_id
    ), told_resources as (
      insert into event_resource (workspace_id, resource_key, occurred, event_key, retention_days)
      select f.workspace_id, resource_key(f.workspace_id, involved.id), f.at, event_key(f.event_id), w.retention_days
        from facts f join workspace w on w.id = f.workspace_id
       cross join lateral (
         select f.resource->>'prefect.resource.id' as id
         union select one->>'prefect.resource.id' from jsonb_array_elements(f.related) as one) as involved
    ), told_hints as (
      insert into outbox (workspace_id, noun, keys)
      select workspace_id, noun, '[' || string_agg(distinct '["' || id || '",0]', ',') || ']' from facts group by workspace_id, noun
      union all
      select workspace_id, 'event', '[' || string_agg('[' || to_json(at) || ',"' || event_id || '"]', ',') || ']'
        from facts group by workspace_id
    )`;
}

/**
 * A statement that tells of one change, for those who change a row in a transaction of several: after it is made, or
 * before it is deleted. `payload` is JSON text.
 */
export function tellChange(ws: string, noun: FactNoun, id: string, verb: string, now: string, payload = "{}"): Sql {
  return sql`
    with changed as (
      select ${ws}::uuid as workspace_id, ${id}::uuid as id, ${verb}::text as verb, ${now}::timestamptz as at, ${payload}::json as payload
    )${raw(toldChanges({ [noun]: "changed" }))}
    select id from facts`;
}

/** The last word of the event that a status makes. */
export function statusVerb(status: string): string {
  return status.toLowerCase().replaceAll("_", "-");
}
