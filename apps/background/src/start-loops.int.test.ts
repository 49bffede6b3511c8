import { createDeployment } from "@weir/operations";
import { aFlow, asSuperuser, aWorkspace, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { startLoops } from "./start-loops.ts";

let base: TestDatabase;

beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

test("a new schedule's runs are there within a second, even after the database dropped every connection", async () => {
  const ws = await aWorkspace(base.services);
  const told: unknown[] = [];
  const loops = startLoops(base.services, "all", { log: (entry) => told.push(entry) });
  const database = new URL(base.url).pathname.slice(1);
  await asSuperuser(
    inject("postgresUrl"),
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
  );
  const schedules = [{ schedule: { cron: "0 9 * * *", timezone: "America/New_York" } }];
  const { body } = await vi.waitFor(async () =>
    createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d", schedules }),
  );
  const filters = { flow_runs: { deployment_id: { any_: [String(body.id)] } } };
  await vi.waitFor(async () => expect(await ws.ctx().store.flowRuns.count(filters)).toBe(3), {
    timeout: 5_000,
    interval: 50,
  });
  await loops.stop();
});

test("loops are chosen by name, and a wrong name is told", async () => {
  await startLoops(base.services, "none").stop();
  await startLoops(base.services, ["retention"]).stop();
  expect(() => startLoops(base.services, ["gardener"])).toThrow(/There are: scheduler, submitter, watchdog, retention/);
});
