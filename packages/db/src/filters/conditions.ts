import { all, join, raw, type Sql, sql } from "../sql.ts";

/** How a filter's own members combine; `and_` unless told otherwise. */
export type Operator = "and_" | "or_" | null | undefined;

/**
 * Conditions of one filter, combined as its operator says: those that are undefined are left out, and a filter that is
 * there but asks for nothing is met by every row.
 */
export function combine(operator: Operator, conditions: readonly (Sql | undefined | null)[]): Sql {
  const set = conditions.filter((condition) => condition !== undefined && condition !== null);
  if (set.length === 0) return sql`true`;
  return operator === "or_" ? sql`(${join(set, " or ")})` : sql`(${all(set)})`;
}

/** The members of a filter whose own conditions must all hold. */
export function both(...conditions: (Sql | undefined)[]): Sql {
  return combine("and_", conditions);
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

/** `column not in (values)`, which no null is; an empty list, null or undefined does not constrain. */
function noneOf(column: Sql, values: readonly string[] | null | undefined, type: "uuid" | "text"): Sql | undefined {
  if (!values || values.length === 0) return undefined;
  return sql`${column} <> all(${values}::${raw(type)}[])`;
}

/** Case-insensitive substring, in which `%` and `_` stay wildcards as on the peer; an empty one does not constrain. */
export function like(column: Sql, text: string | null | undefined): Sql | undefined {
  return text ? sql`${column} ilike ${`%${text}%`}` : undefined;
}

type NameFilter = { any_?: readonly string[] | null | undefined; like_?: string | null | undefined };

/** A name in a list, and like a text. */
export function named(column: Sql, filter: NameFilter | null | undefined): Sql | undefined {
  return filter ? both(anyOf(column, filter.any_, "text"), like(column, filter.like_)) : undefined;
}

type IdFilter = { any_?: readonly string[] | null | undefined; not_any_?: readonly string[] | null | undefined };

/** An id in a list, and in no other. */
export function identified(column: Sql, filter: IdFilter | null | undefined): Sql | undefined {
  return filter ? both(anyOf(column, filter.any_, "uuid"), noneOf(column, filter.not_any_, "uuid")) : undefined;
}

/** A text in a list, and in no other. */
export function among(column: Sql, filter: IdFilter | null | undefined): Sql | undefined {
  return filter ? both(anyOf(column, filter.any_, "text"), noneOf(column, filter.not_any_, "text")) : undefined;
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

/** Inclusive bounds on an instant, and the null test of it, or of the column that it first is. */
export function within(column: Sql, range: TimeRange | null | undefined, nullable = column): Sql | undefined {
  if (!range) return undefined;
  return both(
    range.after_ ? sql`${column} >= ${range.after_}::timestamptz` : undefined,
    range.before_ ? sql`${column} <= ${range.before_}::timestamptz` : undefined,
    nullness(nullable, range.is_null_),
  );
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

type StateFilter = { operator?: Operator; type?: IdFilter | null | undefined; name?: IdFilter | null | undefined };

/** State type and name of a run's row; of the two, one that asks for nothing is left out. */
export function inState(alias: string, filter: StateFilter | null | undefined): Sql | undefined {
  if (!filter) return undefined;
  const asks = (member: IdFilter | null | undefined) =>
    member?.any_ || (member?.not_any_ && member.not_any_.length > 0) ? member : undefined;
  return combine(filter.operator, [
    among(raw(`${alias}.state_type`), asks(filter.type)),
    among(raw(`${alias}.state_name`), asks(filter.name)),
  ]);
}
