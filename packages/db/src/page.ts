import { join, raw, type Sql, sql } from "./sql.ts";

/** How a list is ordered: an expression that is never null, and its direction. The id breaks ties in the same direction. */
export type Order = { by: Sql; type: "timestamptz" | "text" | "uuid" | "int" | "float8"; descending: boolean };

/** Where a page starts: after a row (its sort key and id), or so many rows from the start. */
export type Position = { after: readonly [key: string, id: string] } | { offset: number };

/** A page of rows, and where the next one starts; `undefined` when this page is not full. */
export type Page<Row> = { rows: Row[]; next: readonly [key: string, id: string] | undefined };

/** The extra column that a paged select must return, so that the next page can start after its last row. */
export function sortKey(order: Order): Sql {
  return sql`(${order.by})::text as sort_key`;
}

/**
 * Conditions, order and bounds of a page, to follow `where`. `id` is the id column. `table` is the table with its alias, where
 * conditions and order need no other: what comes before the page is then counted off by its keys alone.
 */
export function paged(
  conditions: readonly Sql[],
  order: Order,
  id: Sql,
  position: Position,
  limit: number,
  table?: Sql,
): Sql {
  const direction = raw(order.descending ? "desc" : "asc");
  const inOrder = sql`order by ${order.by} ${direction}, ${id} ${direction}`;
  const key = sql`(${order.by}, ${id}) ${raw(order.descending ? "<" : ">")}`;
  const where = join(conditions, " and ");
  if ("after" in position) {
    const [value, lastId] = position.after;
    return sql`${where} and ${key} (${value}::${raw(order.type)}, ${lastId}::uuid) ${inOrder} limit ${limit}`;
  }
  if (position.offset === 0) return sql`${where} ${inOrder} limit ${limit}`;
  if (!table) return sql`${where} ${inOrder} limit ${limit} offset ${position.offset}`;
  const last = sql`select ${order.by}, ${id} from ${table} where ${where} ${inOrder} limit 1 offset ${position.offset - 1}`;
  return sql`${where} and ${key} (${last}) ${inOrder} limit ${limit}`;
}

/** The page that `rows` make up, their `sort_key` taken off. */
export function toPage<R extends { id: string; sort_key: string }>(
  rows: R[],
  limit: number,
): Page<Omit<R, "sort_key">> {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { rows: rows.map(({ sort_key: _, ...row }) => row), next: last && [last.sort_key, last.id] };
}
