import { type Micros, parseInstant } from "@weir/contracts";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { offerDeploymentRuns } from "../deployment/read.ts";
import { createDeployment, updateDeployment } from "../deployment/save.ts";
import { planSchedules } from "./plan-schedules.ts";

let base: TestDatabase;
let ws: TestWorkspace;

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
afterAll(() => base.drop());

const at = (text: string) => base.setClock(parseInstant(text) as Micros);

async function aDeployment(schedule: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<string> {
  const input = { flow_id: await aFlow(ws), name: "d", schedules: [{ schedule, ...more }] };
  return String((await createDeployment(ws.ctx(), input)).body.id);
}

async function runs(deployment: string): Promise<[due: string, state: string][]> {
  const filters = { flow_runs: { deployment_id: { any_: [deployment] } } };
  const { rows } = await ws.ctx().store.flowRuns.list(filters, "EXPECTED_START_TIME_ASC", { offset: 0 }, 200);
  const now = ws.ctx().nowIso;
  return rows
    .filter((run) => run.expected_start_time <= now)
    .map((run) => [run.expected_start_time.slice(11, 16), run.state_name]);
}

async function planAll(): Promise<void> {
  while ((await planSchedules(base.services)).isMore);
}

const hourly = { cron: "0 * * * *" };

/**
 * PrefectHQ/prefect#9054, #19313. Prefect's server 3.8.8, three hours away from a schedule of every five minutes, offers all
 * thirteen runs that it had planned for the first hour at once, and never makes those of the other two.
 */
test.each([
  ["skip", ["13:00 Skipped", "14:00 Skipped", "15:00 Skipped"]],
  ["latest", ["13:00 Skipped", "14:00 Skipped", "15:00 Skipped", "18:00 Scheduled"]],
  [
    "all",
    ["13:00 Scheduled", "14:00 Scheduled", "15:00 Scheduled", "16:00 Scheduled", "17:00 Scheduled", "18:00 Scheduled"],
  ],
])("after Weir was away for six hours a schedule catches up by its setting: %s", async (catch_up, wanted) => {
  at("2026-11-24T12:30:00Z");
  const id = await aDeployment(hourly, { catch_up });
  await planAll();
  at("2026-11-24T18:30:00Z");
  await planAll();
  await planAll();
  expect((await runs(id)).map((run) => run.join(" "))).toEqual(wanted);
});

/** PrefectHQ/prefect#19313. Prefect's server 3.8.8 offers all twelve runs of an hour without workers at once. */
test("while no worker is there, what waits does not pile up unless it is to", async () => {
  at("2026-11-24T12:30:00Z");
  const [latest, all] = [await aDeployment(hourly), await aDeployment(hourly, { catch_up: "all" })];
  await planAll();
  for (const hour of [13, 14, 15, 16]) {
    at(`2026-11-24T${hour}:05:00Z`);
    await planAll();
  }
  const waiting = async (id: string) => (await runs(id)).filter(([, state]) => state === "Scheduled").length;
  expect([await waiting(latest), await waiting(all)]).toEqual([1, 4]);
});

test("runs that a runner asked for and did not start are never skipped", async () => {
  at("2026-11-24T12:30:00Z");
  const id = await aDeployment(hourly);
  await planAll();
  at("2026-11-24T13:00:10Z");
  await offerDeploymentRuns(ws.ctx(), { deployment_ids: [id] });
  await expect.poll(async () => (await ws.ctx().store.deployments.get(id))?.last_polled).not.toBeNull();
  at("2026-11-24T16:30:00Z");
  await planAll();
  expect((await runs(id))[0]).toEqual(["13:00", "Scheduled"]);
});

test("a pause is no outage: dates before it ends are not caught up with", async () => {
  at("2026-11-24T12:30:00Z");
  const id = await aDeployment(hourly, { catch_up: "all" });
  await planAll();
  await updateDeployment(ws.ctx(), { id, paused: true });
  at("2026-11-24T18:30:00Z");
  await updateDeployment(ws.ctx(), { id, paused: false });
  await planAll();
  expect(await runs(id)).toEqual([]);
});

test("a client that knows nothing of catching up keeps the setting when it deploys again", async () => {
  const flow_id = await aFlow(ws);
  const deploy = async (schedules: unknown[]) =>
    (await createDeployment(ws.ctx(), { flow_id, name: "again", schedules })).body.schedules;
  const setting = (schedules: unknown) =>
    (JSON.parse(JSON.stringify(schedules)) as { catch_up: string }[]).map((one) => one.catch_up);
  expect(setting(await deploy([{ schedule: hourly, slug: "a", catch_up: "all" }]))).toEqual(["all"]);
  expect(setting(await deploy([{ schedule: { cron: "5 * * * *" }, slug: "a" }]))).toEqual(["all"]);
  expect(setting(await deploy([{ schedule: { cron: "5 * * * *" } }]))).toEqual(["all"]);
  expect(setting(await deploy([{ schedule: hourly }]))).toEqual(["latest"]);
});
