import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { maintainPartitions } from "./partitions.ts";
import { raw, sql } from "./sql.ts";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 7;
const WORKSPACE = "01a20e0d-48bb-791a-86ba-293913ea8829";
const FLOW_RUN = "01a20e0d-48bb-791a-86ba-293913ea8830";
/** Noon of a day whose partition of class 7 spans that day alone. */
const WRITTEN = new Date("2026-06-10T12:00:00Z");
const PARTITION = "log_r7_20260610";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await maintainPartitions(database.db, WRITTEN, [KEPT_DAYS]);
});

afterAll(() => database.drop());

const later = (days: number) => new Date(WRITTEN.getTime() + days * DAY_MS);

async function writeLines(count: number, from: Date): Promise<void> {
  await database.db.query(sql`
    insert into log (workspace_id, flow_run_id, timestamp, id, retention_days, level, name, message)
    select ${WORKSPACE}::uuid, ${FLOW_RUN}::uuid, ${from.toISOString()}::timestamptz + n * interval '1 microsecond',
           gen_random_uuid(), ${KEPT_DAYS}::int, 20, 'prefect.flow_runs', 'line ' || n
      from generate_series(1, ${count}::int) as n`);
}

async function count(table: string): Promise<number> {
  const [row] = await database.db.query<{ count: number }>(sql`select count(*) as count from ${raw(table)}`);
  return row?.count ?? -1;
}

test("many lines that are too old go with their partition: no row is deleted, no lock or bloat is left", async () => {
  await writeLines(100_000, WRITTEN);
  expect(await count(`part.${PARTITION}`)).toBe(100_000);
  expect((await maintainPartitions(database.db, later(KEPT_DAYS), [KEPT_DAYS])).dropped).not.toContain(PARTITION);

  const { dropped, deleted } = await maintainPartitions(database.db, later(KEPT_DAYS + 0.6), [KEPT_DAYS]);
  expect(dropped).toContain(PARTITION);
  expect(deleted).toBe(0);
  expect(await count("log")).toBe(0);
  const [left] = await database.db.query(sql`
    select (select count(*) from pg_class where relname like ${`${PARTITION}%`}) as files,
           (select count(*) from pg_locks l join pg_class c on c.oid = l.relation where c.relname like 'log%' and l.mode like '%Exclusive%') as locks,
           (select coalesce(sum(n_dead_tup), 0)::int from pg_stat_user_tables where relname like 'log%') as dead,
           (select sum(pg_total_relation_size(relid)) < 1000000 from pg_partition_tree('log')) as small`);
  expect(left).toEqual({ files: 0, locks: 0, dead: 0, small: true });
}, 120_000);

test("lines outside every range are kept as long as the others, then deleted", async () => {
  const longAgo = later(-100);
  await writeLines(12_000, longAgo);
  expect(await count("part.log_r7_default")).toBe(12_000);

  expect((await maintainPartitions(database.db, new Date(longAgo.getTime() + 6 * DAY_MS), [KEPT_DAYS])).deleted).toBe(
    0,
  );
  expect((await maintainPartitions(database.db, later(0), [KEPT_DAYS])).deleted).toBe(12_000);
  expect(await count("part.log_r7_default")).toBe(0);
});

test("a partition that somebody reads for long holds nobody up, and goes the next time", async () => {
  await maintainPartitions(database.db, later(200), [KEPT_DAYS]);
  const name = `log_r7_${later(200).toISOString().slice(0, 10).replaceAll("-", "")}`;
  await database.db.transaction(async (query) => {
    await query(sql`select 1 from log limit 1`);
    const { dropped } = await maintainPartitions(database.db, later(210), []);
    expect(dropped).not.toContain(name);
  });
  expect((await maintainPartitions(database.db, later(210), [])).dropped).toContain(name);
}, 60_000);

test("copies that drop at once take turns: each partition goes once, and nobody faults", async () => {
  for (let day = 300; day < 330; day += 2) await maintainPartitions(database.db, later(day), [KEPT_DAYS]);
  const all = await Promise.all(Array.from({ length: 8 }, () => maintainPartitions(database.db, later(400), [])));
  const dropped = all.flatMap((one) => one.dropped);
  expect(dropped.length).toBeGreaterThan(0);
  expect(new Set(dropped).size).toBe(dropped.length);
  await maintainPartitions(database.db, later(400), []);
  const [left] = await database.db.query(sql`select count(*) as count from pg_class where relname ~ '^log_r7_2027'`);
  expect(left).toEqual({ count: 0 });
});
