import { randomUUID } from "node:crypto";
import type { WorkspaceId } from "@weir/contracts";
import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "./client.ts";
import { explainPlan } from "./fixtures/plans.ts";
import { fleet } from "./fleet-store.ts";
import { Sql, sql } from "./sql.ts";
import { schedules } from "./stores/schedules.ts";

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

test("claimed schedules of a workspace without statistics are read without comparing each with each deployment", async () => {
  const { db } = database;
  const [workspaceId, claim, flowId] = [randomUUID() as WorkspaceId, randomUUID(), randomUUID()];
  await db.query(sql`analyze deployment, deployment_schedule, flow`);
  await db.transaction(async (query) => {
    await query(sql`set local session_replication_role = replica`); // they belong to no account
    await query(sql`
      insert into flow (workspace_id, id, created, updated, name) values (${workspaceId}, ${flowId}, ${NOW}, ${NOW}, 'f')`);
    await query(sql`
      with fresh as (
        insert into deployment (workspace_id, id, created, updated, name, flow_id)
        select ${workspaceId}::uuid, gen_random_uuid(), ${NOW}, ${NOW}, n::text, ${flowId} from generate_series(1, 400) as n
        returning id
      )
      insert into deployment_schedule (workspace_id, id, created, updated, deployment_id, schedule, claim)
      select ${workspaceId}::uuid, id, ${NOW}, ${NOW}, id, '{}', ${claim}::uuid from fresh`);
  });
  const rows = await db.query<{ id: string }>(sql`select id from deployment where workspace_id = ${workspaceId}::uuid`);
  let plan = "";
  const explained = {
    ...db,
    query: async ({ strings: [first, ...rest], values }: Sql) => {
      const lines = await db.query(new Sql([`explain (analyze, costs off, timing off) ${first}`, ...rest], values));
      plan = lines.map((line) => String(line["QUERY PLAN"])).join("\n");
      return [];
    },
  } as Db;
  const scope = { workspaceId, retentionDays: 30, by: null };
  const ids = rows.map(({ id }) => id);
  await schedules(explained, scope).claimed(ids, claim, NOW);
  const compared = [...plan.matchAll(/Rows Removed by Join Filter: (\d+)/g)].map(([, count]) => Number(count));
  expect(Math.max(0, ...compared), plan).toBeLessThan(ids.length);
  expect(await schedules(db, scope).claimed(ids, claim, NOW)).toHaveLength(ids.length);
});
