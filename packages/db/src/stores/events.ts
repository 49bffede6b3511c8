import { JsonText } from "@weir/contracts";
import type { Db } from "../client.ts";
import { bodyText, type PackedEvent, packedColumns, unpackBody } from "../event-body.ts";
import { type EventQuery, eventConditions } from "../filters/events.ts";
import type { EventRecord } from "../hot/event-record.ts";
import type { Hot } from "../hot/hot.ts";
import type { Scope } from "../scope.ts";
import { all, raw, sql } from "../sql.ts";

/** A stored event: `body` is what was sent. */
export type EventRow = { id: string; occurred: string; received: string; body: JsonText };

type StoredEvent = PackedEvent & { received: string };

const stored = raw(`${packedColumns}, e.received`);

function unpacked(row: StoredEvent): EventRow {
  const { id, occurred, received } = row;
  return { id, occurred, received, body: new JsonText(unpackBody(row)) };
}

/** How many events there are of a name or a resource. */
export type EventCount = { value: string; label: string; count: number; start_time: string; end_time: string };

/** Events of one workspace. */
export function events(db: Db, hot: Hot, { workspaceId: ws, retentionDays }: Scope) {
  return {
    /** Stores events, and the task runs they tell of, in one commit. Known ones are left as they are. */
    async record(facts: Omit<EventRecord, "workspaceId" | "retentionDays">[]): Promise<void> {
      if (facts.length === 0) return;
      await hot.recordEvents.submit(facts.map((fact) => ({ ...fact, workspaceId: ws, retentionDays })));
    },

    /** A page of the events that match, after (`occurred`, `id`) in the query's order, and after `offset` more. */
    async list(
      query: EventQuery,
      after: readonly [occurred: string, id: string] | undefined,
      limit: number,
      offset = 0,
    ): Promise<EventRow[]> {
      const beyond = raw(query.order === "ASC" ? ">" : "<");
      const direction = raw(query.order === "ASC" ? "asc" : "desc");
      const where = eventConditions(ws, retentionDays, query);
      if (after) where.push(sql`(e.occurred, e.id) ${beyond} (${after[0]}::timestamptz, ${after[1]}::uuid)`);
      const rows = await db.query<StoredEvent>(sql`
        select ${stored} from event e
         where ${all(where)} order by e.occurred ${direction}, e.id ${direction} limit ${limit} offset ${offset}`);
      return rows.map(unpacked);
    },

    /** How many events match; counting stops at `cap`. */
    async count(query: EventQuery, cap: number): Promise<number> {
      const [row] = await db.query<{ count: number }>(sql`
        select count(*) as count from (
          select 1 from event e where ${all(eventConditions(ws, retentionDays, query))} limit ${cap}) as capped`);
      return row?.count ?? 0;
    },

    /** How many events match by name or by resource, most first; each with what it is called and its first and last time. */
    async countBy(query: EventQuery, by: "event" | "resource", limit: number): Promise<EventCount[]> {
      const value = raw(by === "event" ? "e.name" : "e.resource_id");
      // What a resource is called is read from its newest event alone.
      const label =
        by === "event"
          ? sql`c.value`
          : sql`(select coalesce(b.resource->>'prefect.resource.name', b.resource->>'prefect.name', c.value)
             from event e cross join lateral (select (${raw(bodyText)})::json->'resource' as resource offset 0) as b
            where e.workspace_id = ${ws} and e.retention_days = ${retentionDays} and e.occurred = c.end_time
              and e.resource_id = c.value limit 1)`;
      return db.query<EventCount>(sql`
        with counted as materialized (
          select ${value} as value, count(*) as count, min(e.occurred) as start_time, max(e.occurred) as end_time
            from event e where ${all(eventConditions(ws, retentionDays, query))}
           group by 1 order by 2 desc, 1 limit ${limit}
        )
        select c.value, ${label} as label, c.count, c.start_time, c.end_time from counted c order by 3 desc, 2, 1`);
    },

    /** How many events match in each interval of `seconds` since `pivot`, by its number; empty ones have no row. */
    async countByTime(
      query: EventQuery,
      pivot: string,
      seconds: number,
    ): Promise<{ interval: number; count: number }[]> {
      return db.query(sql`
        select floor(extract(epoch from e.occurred - ${pivot}::timestamptz) / ${seconds}::numeric)::float8 as interval, count(*) as count
          from event e where ${all(eventConditions(ws, retentionDays, query))} group by 1 order by 1`);
    },

    /** The events of these keys, in no order: what a live reader pulls after a hint. */
    async byKeys(keys: readonly (readonly [occurred: string, id: string])[]): Promise<EventRow[]> {
      const rows = await db.query<StoredEvent>(sql`
        select ${stored}
          from unnest(${keys.map(([occurred]) => occurred)}::timestamptz[], ${keys.map(([, id]) => id)}::uuid[]) as k (occurred, id)
          join event e on e.workspace_id = ${ws} and e.occurred = k.occurred and e.id = k.id and e.retention_days = ${retentionDays}`);
      return rows.map(unpacked);
    },
  };
}
