import { WeirError } from "@weir/contracts";
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
const LOCK_PATIENCE_MS = 2_000;
const DELETE_AT_ONCE = 10_000;
const DELETE_BATCHES = 100;

/** Days that one partition spans: enough partitions to drop in small steps, few enough to plan fast. */
function spanDays(retentionDays: number): number {
  return retentionDays <= 14 ? 1 : 7;
}

/** What a turn of maintenance did: partitions by name, rows of default partitions by number. */
export type Maintained = { made: string[]; dropped: string[]; deleted: number };

/**
 * Makes the partitions that rows of the next days need, for each retention class in use, and drops those whose every row
 * is older than the class keeps. Safe to run by many at once and again: made partitions are left alone. A row outside
 * every range lands in the class's default partition, so nothing is refused; there, rows that are too old are deleted, a
 * bounded number in a turn. A partition that somebody reads for long is left to the next turn.
 */
export async function maintainPartitions(db: Db, now: Date, classes: readonly number[]): Promise<Maintained> {
  const made = await makeAhead(db, now, classes);
  const existing = await partitionNames(db.query);
  const dropped: string[] = [];
  for (const name of existing) {
    if (isOver(name, now) && (await dropPartition(db, name))) dropped.push(name);
  }
  let deleted = 0;
  for (const table of defaults(existing)) deleted += await deleteOld(db, table, now);
  return { made, dropped, deleted };
}

async function makeAhead(db: Db, now: Date, classes: readonly number[]): Promise<string[]> {
  const made: string[] = [];
  await db.transaction(async (query) => {
    // One maker at a time: two creating the same partition would fail one of them.
    await query(sql`select pg_advisory_xact_lock(4711001)`);
    const existing = await partitionNames(query);
    const create = async (name: string, ddl: string) => {
      if (existing.has(name)) return;
      await query(raw(ddl));
      made.push(name);
    };
    for (const { table, column } of history) {
      for (const days of classes) {
        const prefix = `${table}_r${days}`;
        await create(
          prefix,
          `create table part.${prefix} partition of ${table} for values in (${days}) partition by range (${column})`,
        );
        await create(`${prefix}_default`, `create table part.${prefix}_default partition of part.${prefix} default`);
        const ahead = { parent: `part.${prefix}`, prefix, column, span: spanDays(days) };
        await attachAhead(query, create, existing, ahead, now);
      }
    }
    await create("outbox_default", "create table part.outbox_default partition of outbox default");
    await attachAhead(query, create, existing, { parent: "outbox", prefix: "outbox", column: "created", span: 1 }, now);
  });
  return made;
}

async function partitionNames(query: Query): Promise<Set<string>> {
  const rows = await query<{ name: string }>(sql`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'part' and c.relkind in ('r', 'p') order by c.relname`);
  return new Set(rows.map((row) => row.name));
}

/** How long the rows of a partition are kept; undefined for a name that is not ours. */
function keptDays(name: string): number | undefined {
  if (name.startsWith("outbox_")) return OUTBOX_DAYS;
  const days = /_r(\d+)_/.exec(name)?.[1];
  return days === undefined ? undefined : Number(days);
}

/** True when even the youngest row that the partition may hold is older than is kept. */
function isOver(name: string, now: Date): boolean {
  const days = keptDays(name);
  const day = /_(\d{8})$/.exec(name)?.[1];
  if (day === undefined || days === undefined) return false;
  const start = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)));
  const span = name.startsWith("outbox_") ? 1 : spanDays(days);
  return start + (span + days) * DAY_MS <= now.getTime();
}

/**
 * Dropping locks the whole table for a moment. Whoever waits for that lock holds up all who come after, so nobody waits for
 * it long: false, and the next turn tries again. So too while another copy drops one: of two who drop the same, one faults.
 */
async function dropPartition(db: Db, name: string): Promise<boolean> {
  try {
    return await db.transaction(async (query) => {
      const [turn] = await query<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(4711003) as mine`);
      // Asked in a statement of its own: one that also takes the lock sees the names from before it had it.
      if (!turn?.mine || !(await partitionNames(query)).has(name)) return false;
      await query(raw(`set local lock_timeout = '${LOCK_PATIENCE_MS}ms'`));
      await query(raw(`drop table part.${name}`));
      return true;
    });
  } catch (error) {
    if (error instanceof WeirError && error.code === "unavailable") return false;
    throw error;
  }
}

type Default = { name: string; column: string; days: number };

function defaults(existing: ReadonlySet<string>): Default[] {
  return [...existing].flatMap((name) => {
    if (!name.endsWith("_default")) return [];
    const days = keptDays(name);
    const column = name.startsWith("outbox_")
      ? "created"
      : history.find(({ table }) => name.startsWith(`${table}_r`))?.column;
    return days === undefined || column === undefined ? [] : [{ name, column, days }];
  });
}

async function deleteOld(db: Db, { name, column, days }: Default, now: Date): Promise<number> {
  const oldest = new Date(now.getTime() - days * DAY_MS).toISOString();
  let deleted = 0;
  for (let batch = 0; batch < DELETE_BATCHES; batch += 1) {
    const [row] = await db.query<{ count: number }>(sql`
      with old as (
        delete from ${raw(`part.${name}`)} where ctid = any(array(
          select ctid from ${raw(`part.${name}`)} where ${raw(column)} < ${oldest}::timestamptz limit ${DELETE_AT_ONCE}))
        returning 1
      )
      select count(*) as count from old`);
    deleted += row?.count ?? 0;
    if ((row?.count ?? 0) < DELETE_AT_ONCE) break;
  }
  return deleted;
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
