import { all, join, raw, type Sql, sql } from "../sql.ts";

/** How a filter's own members combine; `and_` unless told otherwise. */
export type Operator = "and_" | "or_" | null | undefined;

/** Conditions of one filter, combined as its operator says; `undefined` when nothing constrains. */
export function combine(operator: Operator, conditions: readonly (Sql | undefined)[]): Sql | undefined {
  const set = conditions.filter((condition) => condition !== undefined);
  if (set.length === 0) return undefined;
  return operator === "or_" ? sql`(${join(set, " or ")})` : sql`(${all(set)})`;
}

/** `column in (values)`; an empty list matches nothing, null or undefined does not constrain. */
export function anyOf(
  column: Sql,
  values: readonly string[] | null | undefined,
  type: "uuid" | "text",
): Sql | undefined {
  if (values === null || values === undefined) return undefined;
  // For one value an index is read in its own order: no sort of all that match for the sake of a page.
  if (values.length === 1) return sql`${column} = ${values[0]}::${raw(type)}`;
  return sql`${column} = any(${values}::${raw(type)}[])`;
}

/** `column not in (values)`; an empty list, null or undefined does not constrain. */
export function noneOf(
  column: Sql,
  values: readonly string[] | null | undefined,
  type: "uuid" | "text",
): Sql | undefined {
  if (!values || values.length === 0) return undefined;
  return sql`(${column} is null or ${column} <> all(${values}::${raw(type)}[]))`;
}

/** Case-insensitive substring, in which `%` and `_` stay wildcards as on the peer. */
export function like(column: Sql, text: string | null | undefined): Sql | undefined {
  return text === null || text === undefined ? undefined : sql`${column} ilike ${`%${text}%`}`;
}

/** Null test; absent does not constrain. */
export function nullness(column: Sql, isNull: boolean | null | undefined): Sql | undefined {
  if (isNull === null || isNull === undefined) return undefined;
  return isNull ? sql`${column} is null` : sql`${column} is not null`;
}

type TimeRange = {
  before_?: string | null | undefined;
  after_?: string | null | undefined;
  is_null_?: boolean | null | undefined;
};

/** Inclusive bounds on an instant, and its null test. */
export function within(column: Sql, range: TimeRange | null | undefined): (Sql | undefined)[] {
  if (!range) return [];
  return [
    range.after_ ? sql`${column} >= ${range.after_}::timestamptz` : undefined,
    range.before_ ? sql`${column} <= ${range.before_}::timestamptz` : undefined,
    nullness(column, range.is_null_),
  ];
}

type TagFilter = {
  operator?: Operator;
  all_?: readonly string[] | null | undefined;
  any_?: readonly string[] | null | undefined;
  is_null_?: boolean | null | undefined;
};

/** Tags: all of, any of, none at all. */
export function tagged(column: Sql, filter: TagFilter | null | undefined): Sql | undefined {
  if (!filter) return undefined;
  const { all_, any_, is_null_ } = filter;
  return combine(filter.operator, [
    all_ && all_.length > 0 ? sql`${column} @> ${all_}::text[]` : undefined,
    any_ ? sql`${column} && ${any_}::text[]` : undefined,
    is_null_ === true ? sql`${column} = '{}'` : is_null_ === false ? sql`${column} <> '{}'` : undefined,
  ]);
}

type IdOrNull = {
  operator?: Operator;
  any_?: readonly string[] | null | undefined;
  is_null_?: boolean | null | undefined;
};

/** An id in a list, or its null test. */
export function idOrNull(column: Sql, filter: IdOrNull | null | undefined): Sql | undefined {
  return filter
    ? combine(filter.operator, [anyOf(column, filter.any_, "uuid"), nullness(column, filter.is_null_)])
    : undefined;
}

type StateFilter = {
  operator?: Operator;
  type?:
    | { any_?: readonly string[] | null | undefined; not_any_?: readonly string[] | null | undefined }
    | null
    | undefined;
  name?:
    | { any_?: readonly string[] | null | undefined; not_any_?: readonly string[] | null | undefined }
    | null
    | undefined;
};

/** State type and name of a run's row. */
export function inState(alias: string, filter: StateFilter | null | undefined): Sql | undefined {
  if (!filter) return undefined;
  const type = raw(`${alias}.state_type`);
  const name = raw(`${alias}.state_name`);
  return combine(filter.operator, [
    anyOf(type, filter.type?.any_, "text"),
    noneOf(type, filter.type?.not_any_, "text"),
    anyOf(name, filter.name?.any_, "text"),
    noneOf(name, filter.name?.not_any_, "text"),
  ]);
}
