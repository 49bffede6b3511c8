import { randomUUID } from "node:crypto";
import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "./client.ts";
import { explainPlan } from "./fixtures/plans.ts";
import { servedPools } from "./served-pools.ts";
import { type Sql, sql } from "./sql.ts";

const NOW = "2026-06-24T22:00:00.000000Z";
const TYPE = "ecs:push";
let database: TestDatabase;

/** Twenty thousand pools of workers and twenty of the type that is served, a queue apiece, with runs due everywhere. */
beforeAll(async () => {
  database = await testDatabase();
  await database.db.transaction(async (query) => {
    await query(sql`set local session_replication_role = replica`); // they belong to no workspace
    const ws = randomUUID();
    await query(sql`
      insert into work_pool (workspace_id, id, created, updated, name, type, default_queue_id)
      select ${ws}::uuid, gen_random_uuid(), ${NOW}, ${NOW}, n::text,
             case when n % 1000 = 0 then ${TYPE} else 'process' end, gen_random_uuid() from generate_series(1, 20000) as n`);
    await query(sql`
      insert into work_queue (workspace_id, id, created, updated, work_pool_id, name, priority, status)
      select workspace_id, default_queue_id, created, created, id, 'default', 1, 'READY' from work_pool`);
    await query(sql`
      insert into dispatch (workspace_id, flow_run_id, due_at, work_queue_id, may_be_late)
      select workspace_id, gen_random_uuid(), ${NOW}, default_queue_id, false from work_pool, generate_series(1, 5)`);
  });
  await database.db.query(sql`analyze work_pool, work_queue, dispatch`);
});
afterAll(() => database.drop());

const statements = {
  "pools of a type that have due runs": (db: Db) => servedPools(db).poolsWithDueRuns(TYPE, NOW, [randomUUID()], 100),
  "claims in pools of a type that nothing came of": (db: Db) => servedPools(db).abandonedClaims(TYPE, NOW, 100),
  "queues of pools of a type that nobody polled": (db: Db) => servedPools(db).unpolledQueues(TYPE, NOW),
};

test.each(Object.entries(statements))("among many pools, %s are found by index", async (_, call) => {
  let plan = "";
  const query = async (statement: Sql) => {
    const { text, values } = statement.render();
    plan = await explainPlan(database.db, text, values);
    return [];
  };
  await call({ ...database.db, query } as Db);
  expect(plan).toContain("work_pool_type_idx");
  expect(plan).not.toMatch(/Seq Scan/);
  expect(plan).toMatchSnapshot();
});
