import type { FlowSort, RunFilters } from "@weir/contracts";
import type { Db } from "../client.ts";
import { flowConditions } from "../filters/relations.ts";
import type { FlowRow } from "../hot/flow-read.ts";
import type { Hot } from "../hot/hot.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, raw, sql } from "../sql.ts";

const columns = raw("f.id, f.created, f.updated, f.name, f.tags, f.labels, f.created_by, f.updated_by");

const orders: Record<FlowSort, Order> = {
  NAME_ASC: { by: sql`f.name`, type: "text", descending: false },
  NAME_DESC: { by: sql`f.name`, type: "text", descending: true },
  CREATED_DESC: { by: sql`f.created`, type: "timestamptz", descending: true },
  UPDATED_DESC: { by: sql`f.updated`, type: "timestamptz", descending: true },
};

/** Flows of one workspace. */
export function flows(db: Db, hot: Hot, { workspaceId: ws, by }: Scope) {
  return {
    /** Creates the flow of this name, or finds it. `isNew` tells which. */
    async upsert(flow: {
      id: string;
      name: string;
      tags: string[];
      labels: string;
      now: string;
    }): Promise<{ row: FlowRow; isNew: boolean }> {
      const [made] = await db.query<FlowRow>(sql`
        insert into flow as f (workspace_id, id, created, updated, name, tags, labels, created_by, updated_by)
        values (${ws}, ${flow.id}, ${flow.now}, ${flow.now}, ${flow.name}, ${flow.tags}, ${flow.labels}::json,
                ${by}::json, ${by}::json)
        on conflict (workspace_id, name) do nothing returning ${columns}`);
      if (made) return { row: made, isNew: true };
      const found = await this.getByName(flow.name);
      // Deleted between the two statements: the next try creates it.
      return found ? { row: found, isNew: false } : this.upsert(flow);
    },

    /** One flow; `undefined` when there is none. */
    get: (id: string): Promise<FlowRow | undefined> => hot.readFlow.submit({ workspaceId: ws, id }),

    /** One flow by its name. */
    async getByName(name: string): Promise<FlowRow | undefined> {
      const [row] = await db.query<FlowRow>(
        sql`select ${columns} from flow f where f.workspace_id = ${ws} and f.name = ${name}`,
      );
      return row;
    },

    /** A page of the flows that match every filter. */
    async list(
      filters: Partial<RunFilters>,
      sort: FlowSort,
      position: Position,
      limit: number,
    ): Promise<Page<FlowRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = orders[sort];
      const where = [sql`f.workspace_id = ${ws}`, ...flowConditions("f", filters)];
      const rows = await db.query<FlowRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(order)} from flow f where ${paged(where, order, sql`f.id`, position, limit, sql`flow f`)}`);
      return toPage(rows, limit);
    },

    /** How many flows match. */
    async count(filters: Partial<RunFilters>): Promise<number> {
      const where = [sql`f.workspace_id = ${ws}`, ...flowConditions("f", filters)];
      const [row] = await db.query<{ count: number }>(sql`select count(*) as count from flow f where ${all(where)}`);
      return row?.count ?? 0;
    },

    /** Replaces what is given of a flow; `labels` is JSON text. False when there is no such flow. */
    async patch(id: string, patch: { tags?: string[]; labels?: string }, now: string): Promise<boolean> {
      const rows = await db.query(sql`
        update flow set tags = coalesce(${patch.tags ?? null}::text[], tags), updated = ${now}, updated_by = ${by}::json,
               labels = coalesce(${patch.labels ?? null}::json, labels)
         where workspace_id = ${ws} and id = ${id} returning id`);
      return rows.length > 0;
    },

    /** Deletes a flow with its deployments and runs. False when there is no such flow. */
    async remove(id: string): Promise<boolean> {
      const rows = await db.query(sql`
        with gone as (delete from flow where workspace_id = ${ws} and id = ${id} returning id),
        runs as (delete from flow_run r using gone where r.workspace_id = ${ws} and r.flow_id = gone.id returning r.id),
        waiting as (delete from dispatch d using runs where d.workspace_id = ${ws} and d.flow_run_id = runs.id),
        tasks as (delete from task_run t using runs where t.workspace_id = ${ws} and t.flow_run_id = runs.id)
        select id from gone`);
      return rows.length > 0;
    },
  };
}
