import { type Sql, sql } from "../sql.ts";
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

/** Conditions on an event row under the alias `e`. Resource ids are found by index, labels are read from the body. */
export function eventConditions(ws: string, retentionDays: number, query: EventQuery): Sql[] {
  const { event, resource, related, any_resource, id, text } = query;
  const where = [
    sql`e.workspace_id = ${ws}`,
    sql`e.retention_days = ${retentionDays}`,
    sql`e.occurred >= ${query.occurred.since}::timestamptz`,
    sql`e.occurred <= ${query.occurred.until}::timestamptz`,
  ];
  const involves = (ids: string[]) => sql`exists (select 1 from event_resource er where er.workspace_id = e.workspace_id
    and er.resource_id = any(${ids}::text[]) and er.occurred = e.occurred and er.event_id = e.id and er.retention_days = e.retention_days)`;
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
  add(resource?.labels && carries(sql`(e.body->'resource')`, resource.labels));
  for (const one of related ?? []) add(relatedMatches(one));
  for (const one of any_resource ?? []) {
    add(one.id && involves(one.id));
    add(
      one.id_prefix &&
        sql`exists (select 1 from json_array_elements(json_build_array(e.body->'resource')) x, unnest(${one.id_prefix}::text[]) p (x2)
      where starts_with(x.value->>'prefect.resource.id', p.x2) union all
      select 1 from json_array_elements(e.body->'related') x, unnest(${one.id_prefix}::text[]) p (x2) where starts_with(x.value->>'prefect.resource.id', p.x2))`,
    );
    add(
      one.labels &&
        sql`(${carries(sql`(e.body->'resource')`, one.labels)} or exists (
      select 1 from json_array_elements(coalesce(e.body->'related', '[]')) as r (value) where ${carries(sql`r.value`, one.labels)}))`,
    );
  }
  add(id?.id && sql`e.id = any(${id.id}::uuid[])`);
  add(text && textMatches(sql`e.body::text`, text));
  return where;
}

function relatedMatches({ id, role, resources_in_roles, labels }: RelatedQuery): Sql | undefined {
  const tests = [
    id && sql`r.value->>'prefect.resource.id' = any(${id}::text[])`,
    role && sql`r.value->>'prefect.resource.role' = any(${role}::text[])`,
    resources_in_roles &&
      sql`exists (select 1 from unnest(${resources_in_roles.map(([x]) => x)}::text[], ${resources_in_roles.map(([, x]) => x)}::text[]) as w (id, role)
        where r.value->>'prefect.resource.id' = w.id and r.value->>'prefect.resource.role' = w.role)`,
    labels && carries(sql`r.value`, labels),
  ].filter((test) => test !== null && test !== undefined);
  if (tests.length === 0) return undefined;
  const together = tests.reduce((left, right) => sql`${left} and ${right}`);
  return sql`exists (select 1 from json_array_elements(coalesce(e.body->'related', '[]')) as r (value) where ${together})`;
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
