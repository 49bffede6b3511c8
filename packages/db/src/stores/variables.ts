import type { JsonText, VariableFilter, VariableSort } from "@weir/contracts";
import { type Db, sqlState } from "../client.ts";
import { combine, identified, named as namedLike, tagged } from "../filters/conditions.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, join, raw, type Sql, sql } from "../sql.ts";

/** A variable's row. */
export type VariableRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  value: JsonText;
  tags: string[];
};

/** Names one variable. */
export type VariableKey = { id: string } | { name: string };

const columns = raw("v.id, v.created, v.updated, v.name, v.value, v.tags");

const orders: Record<VariableSort, Order> = {
  NAME_ASC: { by: sql`v.name`, type: "text", descending: false },
  NAME_DESC: { by: sql`v.name`, type: "text", descending: true },
  CREATED_DESC: { by: sql`v.created`, type: "timestamptz", descending: true },
  UPDATED_DESC: { by: sql`v.updated`, type: "timestamptz", descending: true },
};

const UNIQUE_VIOLATION = "23505";

/** Variables of one workspace. */
export function variables(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Creates a variable; `value` is JSON text. `undefined`: the name is taken. */
    async create(made: {
      id: string;
      now: string;
      name: string;
      value: string;
      tags: string[];
    }): Promise<VariableRow | undefined> {
      const [row] = await db.query<VariableRow>(sql`
        insert into variable as v (workspace_id, id, created, updated, name, value, tags)
        values (${ws}, ${made.id}, ${made.now}, ${made.now}, ${made.name}, ${made.value}::json, ${made.tags})
        on conflict (workspace_id, name) do nothing returning ${columns}`);
      return row;
    },

    /** One variable. */
    async get(key: VariableKey): Promise<VariableRow | undefined> {
      const [row] = await db.query<VariableRow>(
        sql`select ${columns} from variable v where v.workspace_id = ${ws} and ${named(key)}`,
      );
      return row;
    },

    /** A page of variables. */
    async list(
      filter: VariableFilter,
      sort: VariableSort,
      position: Position,
      limit: number,
    ): Promise<Page<VariableRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = orders[sort];
      const rows = await db.query<VariableRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(order)} from variable v where ${paged(matching(ws, filter), order, sql`v.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** How many variables match. */
    async count(filter: VariableFilter): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        sql`select count(*) as count from variable v where ${all(matching(ws, filter))}`,
      );
      return row?.count ?? 0;
    },

    /** Sets what is given. `taken`: another variable has the new name. */
    async patch(
      key: VariableKey,
      patch: { name?: string; value?: string; tags?: string[] },
      now: string,
    ): Promise<"done" | "missing" | "taken"> {
      const set = Object.entries(patch).map(([name, value]) =>
        name === "value" ? sql`value = ${value}::json` : sql`${raw(name)} = ${value}`,
      );
      try {
        const rows = await db.query(sql`
          update variable v set ${join([...set, sql`updated = ${now}`], ", ")} where v.workspace_id = ${ws} and ${named(key)} returning v.id`);
        return rows.length > 0 ? "done" : "missing";
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return "taken";
        throw error;
      }
    },

    /** Deletes a variable. False when there is none. */
    async remove(key: VariableKey): Promise<boolean> {
      const rows = await db.query(
        sql`delete from variable v where v.workspace_id = ${ws} and ${named(key)} returning v.id`,
      );
      return rows.length > 0;
    },
  };
}

function named(key: VariableKey): Sql {
  return "id" in key ? sql`v.id = ${key.id}` : sql`v.name = ${key.name}`;
}

function matching(ws: string, filter: VariableFilter): Sql[] {
  const own =
    filter &&
    combine(filter.operator, [
      identified(sql`v.id`, filter.id),
      namedLike(sql`v.name`, filter.name),
      tagged(sql`v.tags`, filter.tags),
    ]);
  return [sql`v.workspace_id = ${ws}`, own].filter((condition) => condition !== undefined && condition !== null);
}
