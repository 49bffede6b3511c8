import { openDb, sql } from "@weir/db";
import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

test("PostgreSQL that goes away between two statements of a transaction costs that transaction, not the process", async () => {
  const db = openDb({ url: base.url, connections: 1, hotConnections: 1 });
  const cut = db.transaction(async (query) => {
    const [backend] = await query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    const pid = backend?.pid ?? 0;
    await base.db.query(sql`select pg_terminate_backend(${pid}::int)`);
    // A terminated backend tells its client why, and goes.
    const isThere = async () =>
      (await base.db.query(sql`select 1 from pg_stat_activity where pid = ${pid}::int`)).length;
    await expect.poll(isThere).toBe(0);
    await new Promise(setImmediate);
    await query(sql`select 1`);
  });
  await expect(cut).rejects.toMatchObject({ code: "unavailable" });
  expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  await db.close();
});

test("a statement with a name is planned once on a connection, however cheap a plan for its values would look", async () => {
  const db = openDb({ url: base.url, connections: 1, hotConnections: 1 });
  await db.query(
    sql`create table aged as select n, now() - n * interval '1 day' as at from generate_series(1, 20000) as n`,
  );
  await db.query(sql`create index on aged (at)`);
  await db.query(sql`analyze aged`);
  const ask = (at: string) =>
    db.query(
      sql`select n from aged where at <= ${at}::timestamptz and at > ${at}::timestamptz - interval '1 hour'`,
      "aged",
    );
  for (let day = 1; day <= 9; day += 1) await ask(`2020-01-0${day}`);
  const plans = sql`select generic_plans, custom_plans from pg_prepared_statements where name = 'aged'`;
  expect(await db.query(plans, "plans")).toEqual([{ generic_plans: 9, custom_plans: 0 }]);
  await db.close();
});

test("a statement with a name is told its columns once on a connection, and answers as it does without", async () => {
  const db = openDb({ url: base.url, connections: 1, hotConnections: 2 });
  const told: unknown[] = [];
  db.hot.on("connect", (client) => {
    (client as unknown as { connection: NodeJS.EventEmitter }).connection.on("rowDescription", (said) =>
      told.push(said),
    );
  });
  const ask = (n: number) =>
    sql`select ${n}::int as n, '{"a": 1.0}'::json as document, '2026-11-24T14:00:00.5Z'::timestamptz as at, null::text as nothing`;
  const [plain] = await db.query(ask(1));
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => db.query(ask(n), "told")));
  expect(answers).toEqual([1, 2, 3, 4, 5, 6].map((n) => [{ ...plain, n }]));
  expect(told).toHaveLength(db.hot.totalCount);
  await db.close();
});

test("a statement with a name whose columns change is refused once on a connection, and then answers anew", async () => {
  const db = openDb({ url: base.url, connections: 1, hotConnections: 1 });
  await db.query(sql`create table altered as select 1 as n`);
  const ask = () => db.query(sql`select * from altered`, "altered");
  expect(await ask()).toEqual([{ n: 1 }]);
  await db.query(sql`alter table altered add column more text default 'new'`);
  await expect(ask()).rejects.toThrow();
  expect(await ask()).toEqual([{ n: 1, more: "new" }]);
  await db.close();
});

test("what a statement of a name answers with is known of each connection, not of all", async () => {
  const other = await testDatabase();
  const [one, two] = [base.url, other.url].map((url) => openDb({ url, connections: 1, hotConnections: 1 }));
  try {
    await one?.query(sql`create table same_name as select 1 as n`);
    await two?.query(sql`create table same_name as select 'two' as word, 2 as n`);
    const ask = () => [one, two].map((db) => db?.query(sql`select * from same_name`, "same-name"));
    for (const _ of [1, 2]) expect(await Promise.all(ask())).toEqual([[{ n: 1 }], [{ word: "two", n: 2 }]]);
  } finally {
    await Promise.all([one?.close(), two?.close()]);
    await other.drop();
  }
});
