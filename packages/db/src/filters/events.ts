import { bodyText } from "../event-body.ts";
import { all, raw, type Sql, sql } from "../sql.ts";
import { textMatches } from "./text.ts";

/** Labels a resource must carry: each label one of its patterns. */
type Labels = Record<string, string | string[]>;

/** A test of one related resource. */
export type RelatedQuery = {
  id?: string[] | null | undefined;
  role?: string[] | null | undefined;
  resources_in_roles?: [string, string][] | null | undefined;
  labels?: Labels | null | undefined;
};

/** A query over events; null and absent members do not constrain. Instants are ISO text. */
export type EventQuery = {
  occurred: { since: string; until: string };
  event?:
    | {
        prefix?: string[] | null | undefined;
        exclude_prefix?: string[] | null | undefined;
        name?: string[] | null | undefined;
        exclude_name?: string[] | null | undefined;
      }
    | null
    | undefined;
  resource?:
    | { id?: string[] | null | undefined; id_prefix?: string[] | null | undefined; labels?: Labels | null | undefined }
    | null
    | undefined;
  related?: RelatedQuery[] | null | undefined;
  any_resource?:
    | {
        id?: string[] | null | undefined;
        id_prefix?: string[] | null | undefined;
        labels?: Labels | null | undefined;
      }[]
    | null
    | undefined;
  id?: { id?: string[] | null | undefined } | null | undefined;
  text?: string | null | undefined;
  order: "ASC" | "DESC";
};

/**
 * Conditions on an event row under the alias `e`. Resource ids are found by index; for labels and text, the body of each event
 * that passes all else is put together, once.
 */
export function eventConditions(ws: string, retentionDays: number, query: EventQuery): Sql[] {
  const { event, resource, related, any_resource, id, text } = query;
  const where = [
    sql`e.workspace_id = ${ws}`,
    sql`e.retention_days = ${retentionDays}`,
    sql`e.occurred >= ${query.occurred.since}::timestamptz`,
    sql`e.occurred <= ${query.occurred.until}::timestamptz`,
  ];
  const involves = (ids: string[]) => sql`exists (select 1 from event_resource er where er.workspace_id = e.workspace_id
    and er.resource_key = any((select array_agg(resource_key(${ws}, one)) from unnest(${ids}::text[]) as ids (one))::int8[])
    and er.occurred >= ${query.occurred.since}::timestamptz and er.occurred <= ${query.occurred.until}::timestamptz
    and er.occurred = e.occurred and er.event_key = event_key(e.id) and er.retention_days = ${retentionDays})`;
  /** Conditions on the body, under the alias `b`. */
  const inside: Sql[] = [];
  const add = (condition: Sql | undefined | null | false | "") => {
    if (condition) where.push(condition);
  };
  add(
    event?.prefix &&
      event.prefix.length > 0 &&
      sql`exists (select 1 from unnest(${event.prefix}::text[]) as p (x) where starts_with(e.name, p.x))`,
  );
  add(
    event?.exclude_prefix &&
      sql`not exists (select 1 from unnest(${event.exclude_prefix}::text[]) as p (x) where starts_with(e.name, p.x))`,
  );
  add(event?.name && sql`e.name = any(${event.name}::text[])`);
  add(event?.exclude_name && sql`e.name <> all(${event.exclude_name}::text[])`);
  add(resource?.id && sql`${involves(resource.id)} and e.resource_id = any(${resource.id}::text[])`);
  add(
    resource?.id_prefix &&
      sql`exists (select 1 from unnest(${resource.id_prefix}::text[]) as p (x) where starts_with(e.resource_id, p.x))`,
  );
  if (resource?.labels) inside.push(carries(own, resource.labels));
  for (const one of related ?? []) inside.push(...relatedMatches(one));
  for (const one of any_resource ?? []) {
    add(one.id && involves(one.id));
    if (one.id_prefix)
      inside.push(sql`exists (select 1 from (select ${own} union all ${others}) as r (value), unnest(${one.id_prefix}::text[]) as p (x)
        where starts_with(r.value->>'prefect.resource.id', p.x))`);
    if (one.labels)
      inside.push(sql`(${carries(own, one.labels)} or exists (
        select 1 from (${others}) as r (value) where ${carries(sql`r.value`, one.labels)}))`);
  }
  add(id?.id && sql`e.id = any(${id.id}::uuid[])`);
  const words = text && textMatches(sql`b.text`, text);
  if (words) inside.push(words);
  if (inside.length > 0)
    where.push(sql`exists (select 1 from (select t.text, t.text::json as body
      from (select ${raw(bodyText)} as text offset 0) as t offset 0) as b where ${all(inside)})`);
  return where;
}

/** The resource of the body under the alias `b`, and the rows of what is related to it. */
const own = sql`(b.body->'resource')`;
const others = sql`select json_array_elements(coalesce(b.body->'related', '[]'))`;

function relatedMatches({ id, role, resources_in_roles, labels }: RelatedQuery): Sql[] {
  const tests = [
    id && sql`r.value->>'prefect.resource.id' = any(${id}::text[])`,
    role && sql`r.value->>'prefect.resource.role' = any(${role}::text[])`,
    resources_in_roles &&
      sql`exists (select 1 from unnest(${resources_in_roles.map(([x]) => x)}::text[], ${resources_in_roles.map(([, x]) => x)}::text[]) as w (id, role)
        where r.value->>'prefect.resource.id' = w.id and r.value->>'prefect.resource.role' = w.role)`,
    labels && carries(sql`r.value`, labels),
  ].filter((test) => test !== null && test !== undefined);
  return tests.length === 0 ? [] : [sql`exists (select 1 from (${others}) as r (value) where ${all(tests)})`];
}

/** Every label is there with one of its patterns; `*` stands for any run of characters, a leading `!` negates. */
function carries(resource: Sql, labels: Labels): Sql {
  const tests = Object.entries(labels).map(([label, wanted]) => {
    const patterns = Array.isArray(wanted) ? wanted : [wanted];
    return sql`exists (select 1 from unnest(${patterns.map(toRegex)}::text[], ${patterns.map((p) => p.startsWith("!"))}::bool[]) as p (pattern, negated)
      where (${resource}->>${label}::text) is not null and ((${resource}->>${label}::text) ~ p.pattern) <> p.negated)`;
  });
  return tests.length === 0 ? sql`true` : tests.reduce((left, right) => sql`${left} and ${right}`);
}

function toRegex(pattern: string): string {
  const body = pattern.startsWith("!") ? pattern.slice(1) : pattern;
  return `^${body
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")}$`;
}
