import type { JsonText } from "@weir/contracts";
import type { Db } from "../client.ts";
import { type EventQuery, eventConditions } from "../filters/events.ts";
import type { EventRecord } from "../hot/event-record.ts";
import type { Hot } from "../hot/hot.ts";
import type { Scope } from "../scope.ts";
import { all, raw, sql } from "../sql.ts";

/** A stored event: `body` is what was sent. */
export type EventRow = { id: string; occurred: string; received: string; body: JsonText };

/** Events of one workspace. */
export function events(db: Db, hot: Hot, { workspaceId: ws, retentionDays }: Scope) {
  return {
    /** Stores events, and the task runs they tell of, in one commit. Known ones are left as they are. */
    async record(facts: Omit<EventRecord, "workspaceId" | "retentionDays">[]): Promise<void> {
      if (facts.length === 0) return;
      await hot.recordEvents.submit(facts.map((fact) => ({ ...fact, workspaceId: ws, retentionDays })));
    },

    /** A page of the events that match, after (`occurred`, `id`) in the query's order. */
    async list(
      query: EventQuery,
      after: readonly [occurred: string, id: string] | undefined,
      limit: number,
    ): Promise<EventRow[]> {
      const beyond = raw(query.order === "ASC" ? ">" : "<");
      const direction = raw(query.order === "ASC" ? "asc" : "desc");
      const where = eventConditions(ws, retentionDays, query);
      if (after) where.push(sql`(e.occurred, e.id) ${beyond} (${after[0]}::timestamptz, ${after[1]}::uuid)`);
      return db.query<EventRow>(sql`
        select e.id, e.occurred, e.received, e.body from event e
         where ${all(where)} order by e.occurred ${direction}, e.id ${direction} limit ${limit}`);
    },

    /** How many events match; counting stops at `cap`. */
    async count(query: EventQuery, cap: number): Promise<number> {
      const [row] = await db.query<{ count: number }>(sql`
        select count(*) as count from (
          select 1 from event e where ${all(eventConditions(ws, retentionDays, query))} limit ${cap}) as capped`);
      return row?.count ?? 0;
    },

    /** The events of these keys, in no order: what a live reader pulls after a hint. */
    async byKeys(keys: readonly (readonly [occurred: string, id: string])[]): Promise<EventRow[]> {
      return db.query<EventRow>(sql`
        select e.id, e.occurred, e.received, e.body
          from unnest(${keys.map(([occurred]) => occurred)}::timestamptz[], ${keys.map(([, id]) => id)}::uuid[]) as k (occurred, id)
          join event e on e.workspace_id = ${ws} and e.occurred = k.occurred and e.id = k.id and e.retention_days = ${retentionDays}`);
    },
  };
}
