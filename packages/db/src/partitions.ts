import type { Db } from "./client.ts";
import { raw, sql } from "./sql.ts";

/** A history table, the column it is partitioned by time on, and whether a retention class comes first. */
type HistoryTable = { table: string; column: string; byClass: boolean };

const history: HistoryTable[] = [
  { table: "flow_run_state", column: "timestamp", byClass: true },
  { table: "task_run_state", column: "timestamp", byClass: true },
  { table: "log", column: "timestamp", byClass: true },
  { table: "event", column: "occurred", byClass: true },
  { table: "event_resource", column: "occurred", byClass: true },
];

/** The outbox is read within seconds; a day is kept for consumers that were down. */
const OUTBOX_DAYS = 2;
const DAY_MS = 86_400_000;
const AHEAD_DAYS = 2;

/** Days that one partition spans: enough partitions to drop in small steps, few enough to plan fast. */
function spanDays(retentionDays: number): number {
  return retentionDays <= 14 ? 1 : 7;
}

/**
 * Makes the partitions that rows of the next days need, for each retention class in use, and drops those whose every row
 * is older than the class keeps. Safe to run by many at once and again: made partitions are left alone. A row outside
 * every range lands in the class's default partition, so nothing is refused. Returns the names made and dropped.
 */
export async function maintainPartitions(
  db: Db,
  now: Date,
  classes: readonly number[],
): Promise<{ made: string[]; dropped: string[] }> {
  const made: string[] = [];
  const dropped: string[] = [];
  await db.transaction(async (query) => {
    // One maker at a time: two creating the same partition would fail one of them.
    await query(sql`select pg_advisory_xact_lock(4711001)`);
    const existing = new Set(
      (
        await query<{ name: string }>(sql`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'part'`)
      ).map((row) => row.name),
    );
    const create = async (name: string, ddl: string) => {
      if (existing.has(name)) return;
      await query(raw(ddl));
      made.push(name);
    };
    for (const { table, column } of history) {
      for (const days of classes) {
        const parent = `${table}_r${days}`;
        await create(
          parent,
          `create table part.${parent} partition of ${table} for values in (${days}) partition by range (${column})`,
        );
        await create(`${parent}_default`, `create table part.${parent}_default partition of part.${parent} default`);
        await attachAhead(
          query,
          create,
          existing,
          { parent: `part.${parent}`, prefix: parent, column, span: spanDays(days) },
          now,
        );
      }
    }
    await create("outbox_default", "create table part.outbox_default partition of outbox default");
    await attachAhead(query, create, existing, { parent: "outbox", prefix: "outbox", column: "created", span: 1 }, now);
    for (const name of existing) {
      const days = name.startsWith("outbox_") ? OUTBOX_DAYS : Number(/_r(\d+)_/.exec(name)?.[1] ?? Number.NaN);
      const day = /_(\d{8})$/.exec(name)?.[1];
      if (day === undefined || Number.isNaN(days)) continue;
      const start = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
      const span = name.startsWith("outbox_") ? 1 : spanDays(days);
      if (start + (span + days) * DAY_MS > now.getTime()) continue;
      await query(raw(`drop table part.${name}`));
      dropped.push(name);
    }
  });
  return { made, dropped };
}

type Query = Parameters<Parameters<Db["transaction"]>[0]>[0];
type Ahead = { parent: string; prefix: string; column: string; span: number };

async function attachAhead(
  query: Query,
  create: (name: string, ddl: string) => Promise<void>,
  existing: ReadonlySet<string>,
  { parent, prefix, column, span }: Ahead,
  now: Date,
): Promise<void> {
  const spanMs = span * DAY_MS;
  const first = Math.floor(now.getTime() / spanMs) * spanMs;
  for (let start = first; start <= now.getTime() + AHEAD_DAYS * DAY_MS; start += spanMs) {
    const from = new Date(start).toISOString().slice(0, 10);
    const to = new Date(start + spanMs).toISOString().slice(0, 10);
    const name = `${prefix}_${from.replaceAll("-", "")}`;
    if (existing.has(name)) continue;
    // Rows of that range may already wait in the default partition (a clock ahead of ours): they move with it.
    await query(
      raw(`create temporary table moving on commit drop as
      select * from part.${prefix}_default where ${column} >= '${from}T00:00:00Z' and ${column} < '${to}T00:00:00Z'`),
    );
    await query(
      raw(
        `delete from part.${prefix}_default where ${column} >= '${from}T00:00:00Z' and ${column} < '${to}T00:00:00Z'`,
      ),
    );
    await create(
      name,
      `create table part.${name} partition of ${parent} for values from ('${from}T00:00:00Z') to ('${to}T00:00:00Z')`,
    );
    await query(raw(`insert into ${parent} select * from moving`));
    await query(raw("drop table moving"));
  }
}
