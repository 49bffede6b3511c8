import { type Micros, parseInstant } from "@weir/contracts";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDeployment } from "../deployment/save.ts";
import { planSchedules } from "../fleet/plan-schedules.ts";
import { planAhead } from "./plan-ahead.ts";

let base: TestDatabase;
let ws: TestWorkspace;

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
afterEach(() => base.setClock(undefined));
afterAll(() => base.drop());

async function aDeployment(more: Record<string, unknown> = {}): Promise<string> {
  base.setClock(parseInstant("2026-11-24T12:30:00Z") as Micros);
  const schedules = [{ schedule: { cron: "0 * * * *" } }];
  const made = await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d", schedules, ...more });
  return String(made.body.id);
}

async function dates(deployment: string): Promise<string[]> {
  const filters = { flow_runs: { deployment_id: { any_: [deployment] } } };
  const { rows } = await ws.ctx().store.flowRuns.list(filters, "EXPECTED_START_TIME_ASC", { offset: 0 }, 200);
  return rows.map((run) => run.expected_start_time);
}

test("a gap in the past is filled once, however often it is asked, and the scheduler goes on as before", async () => {
  const id = await aDeployment();
  await planSchedules(base.services);
  const gap = { id, start_time: "2026-11-24T03:00:00Z", end_time: "2026-11-24T06:00:00Z", min_runs: 10 };
  await planAhead(ws.ctx(), gap);
  await planAhead(ws.ctx(), gap);
  const filled = ["03", "04", "05", "06"].map((hour) => `2026-11-24T${hour}:00:00Z`);
  const ahead = ["13", "14", "15"].map((hour) => `2026-11-24T${hour}:00:00Z`);
  expect(await dates(id)).toEqual([...filled, ...ahead]);
  base.setClock(parseInstant("2026-11-24T14:30:00Z") as Micros);
  await planSchedules(base.services);
  expect((await dates(id)).slice(4)).toEqual([...ahead, "2026-11-24T16:00:00Z", "2026-11-24T17:00:00Z"]);
});

test("runs are made until there are enough of them and for long enough, never more than asked for", async () => {
  const id = await aDeployment({ paused: true });
  await planAhead(ws.ctx(), { id, min_runs: 1, min_time: 7200 });
  expect(await dates(id)).toHaveLength(3);
  await planAhead(ws.ctx(), { id, min_runs: 50, max_runs: 5 });
  expect(await dates(id)).toHaveLength(5);
  await planSchedules(base.services);
  expect(await dates(id)).toHaveLength(5);
});
