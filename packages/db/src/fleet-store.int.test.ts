import { randomUUID } from "node:crypto";
import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "./client.ts";
import { explainPlan } from "./fixtures/plans.ts";
import { fleet } from "./fleet-store.ts";
import { type Sql, sql } from "./sql.ts";

const NOW = "2026-06-24T22:00:00.000000Z";
const LATER = "2026-06-24T22:01:00.000000Z";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("schedules that all come due after their table was last analyzed are claimed by their keys", async () => {
  const { db } = database;
  await db.transaction(async (query) => {
    await query(sql`set local session_replication_role = replica`); // they belong to no deployment
    await query(sql`
      insert into deployment_schedule (workspace_id, id, created, updated, deployment_id, schedule, plan_at)
      select ${randomUUID()}::uuid, gen_random_uuid(), ${NOW}, ${NOW}, gen_random_uuid(), '{}', ${LATER}::timestamptz + n * interval '1 second'
        from generate_series(1, 3000) as n`);
  });
  await db.query(sql`analyze deployment_schedule`);
  await db.query(sql`update deployment_schedule set plan_at = ${NOW}::timestamptz - interval '1 second'`);
  let plan = "";
  const explained = {
    ...db,
    query: async (statement: Sql) => {
      const { text, values } = statement.render();
      plan = await explainPlan(db, text, values);
      return [];
    },
  } as Db;
  await fleet(explained).claimSchedules(randomUUID(), NOW, LATER, 400);
  // What is due is looked up once; the others are found by key, or each would be compared with each.
  expect(plan.match(/deployment_schedule_plan_at_idx/g)?.length ?? 0).toBeLessThanOrEqual(1);
  const ask = () => fleet(db).claimSchedules(randomUUID(), NOW, LATER, 400);
  const claimed = (await Promise.all([ask(), ask(), ask()])).flat();
  expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
  expect(claimed.length).toBeGreaterThan(0);
});
