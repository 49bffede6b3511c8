import type { Resource } from "./client-event.ts";

type Labels = Record<string, string | string[]>;
type Maybe<T> = T | null | undefined;

/** A query over events, as far as one event is concerned. Null and absent members do not constrain. */
export type EventTest = {
  event?: Maybe<{
    prefix?: Maybe<string[]>;
    exclude_prefix?: Maybe<string[]>;
    name?: Maybe<string[]>;
    exclude_name?: Maybe<string[]>;
  }>;
  resource?: Maybe<{ id?: Maybe<string[]>; id_prefix?: Maybe<string[]>; labels?: Maybe<Labels> }>;
  related?: Maybe<
    {
      id?: Maybe<string[]>;
      role?: Maybe<string[]>;
      resources_in_roles?: Maybe<[string, string][]>;
      labels?: Maybe<Labels>;
    }[]
  >;
  any_resource?: Maybe<{ id?: Maybe<string[]>; id_prefix?: Maybe<string[]>; labels?: Maybe<Labels> }[]>;
  id?: Maybe<{ id?: Maybe<string[]> }>;
  text?: Maybe<string>;
};

/** What a test looks at. */
export type TestedEvent = { id: string; event: string; resource: Resource; related: readonly Resource[] };

/** True when an event passes a query's every part; its time is the caller's to check. */
export function eventMatches(test: EventTest, event: TestedEvent): boolean {
  const { event: name, resource, related, any_resource, id } = test;
  const starts = (prefixes: string[], text: string) => prefixes.some((prefix) => text.startsWith(prefix));
  if (name?.prefix && name.prefix.length > 0 && !starts(name.prefix, event.event)) return false;
  if (name?.exclude_prefix && starts(name.exclude_prefix, event.event)) return false;
  if (name?.name && !name.name.includes(event.event)) return false;
  if (name?.exclude_name?.includes(event.event)) return false;
  if (id?.id && !id.id.includes(event.id)) return false;
  if (resource && !resourcePasses(resource, event.resource)) return false;
  if (
    !(any_resource ?? []).every((one) => [event.resource, ...event.related].some((other) => resourcePasses(one, other)))
  )
    return false;
  return (related ?? []).every((one) => event.related.some((other) => relatedPasses(one, other)));
}

/** True when a resource carries every label with one of its patterns: `*`, `?` and a leading `!` as in a shell; case matters. */
export function carries(labels: Labels, resource: Resource): boolean {
  return Object.entries(labels).every(([label, wanted]) => {
    const value = resource[label];
    if (value === undefined) return false;
    return (Array.isArray(wanted) ? wanted : [wanted]).some((pattern) =>
      pattern.startsWith("!") ? !globMatches(pattern.slice(1), value) : globMatches(pattern, value),
    );
  });
}

type ResourceTest = NonNullable<NonNullable<EventTest["resource"]>>;
type RelatedTest = NonNullable<NonNullable<EventTest["related"]>>[number];

function resourcePasses({ id, id_prefix, labels }: ResourceTest, resource: Resource): boolean {
  const own = resource["prefect.resource.id"] ?? "";
  if (id && !id.includes(own)) return false;
  if (id_prefix && !id_prefix.some((prefix) => own.startsWith(prefix))) return false;
  return !labels || carries(labels, resource);
}

function relatedPasses({ id, role, resources_in_roles, labels }: RelatedTest, resource: Resource): boolean {
  const own = resource["prefect.resource.id"] ?? "";
  const plays = resource["prefect.resource.role"] ?? "";
  if (id && !id.includes(own)) return false;
  if (role && !role.includes(plays)) return false;
  if (resources_in_roles && !resources_in_roles.some(([wanted, as]) => wanted === own && as === plays)) return false;
  return !labels || carries(labels, resource);
}

/** Shell-style match without building a pattern: linear in the text for each `*`. */
function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p;
      mark = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
