import { type Micros, parseInstant } from "@weir/contracts";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDeployment, updateDeployment } from "../deployment/save.ts";
import { deleteFlowRun } from "../flow-run/change.ts";
import { planSchedules } from "./plan-schedules.ts";

let base: TestDatabase;
let ws: TestWorkspace;

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
afterEach(() => base.setClock(undefined));
afterAll(() => base.drop());

const at = (text: string) => base.setClock(parseInstant(text) as Micros);

async function aDeployment(
  schedule: Record<string, unknown>,
  workspace = ws,
  more: Record<string, unknown> = {},
): Promise<string> {
  const input = { flow_id: await aFlow(workspace), name: "d", schedules: [{ schedule, ...more }] };
  return String((await createDeployment(workspace.ctx(), input)).body.id);
}

async function planned(deployment: string, workspace = ws): Promise<string[]> {
  const filters = { flow_runs: { deployment_id: { any_: [deployment] } } };
  const { rows } = await workspace.ctx().store.flowRuns.list(filters, "EXPECTED_START_TIME_ASC", { offset: 0 }, 200);
  return rows.map((run) => run.expected_start_time);
}

async function planAll(): Promise<void> {
  while ((await planSchedules(base.services)).isMore);
}

test("of many schedulers at once, each date becomes one run", async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => aDeployment({ cron: "*/5 * * * *" })));
  const passes = await Promise.all(Array.from({ length: 6 }, () => planSchedules(base.services, 3)));
  expect(passes.reduce((sum, pass) => sum + pass.claimed, 0)).toBe(8);
  for (const id of ids) {
    const dates = await planned(id);
    expect(dates.length).toBeGreaterThanOrEqual(12);
    expect(new Set(dates).size).toBe(dates.length);
  }
});

test("a schedule whose planner died is planned by another once the claim has run out, and the late one writes nothing", async () => {
  at("2026-11-24T12:00:00Z");
  const id = await aDeployment({ cron: "0 * * * *" });
  const { store } = ws.ctx();
  const claim = "00000000-0000-4000-8000-000000000001";
  const [schedule] = await store.schedules.ofDeployment(id);
  await base.db.prisma.deploymentSchedule.updateMany({
    where: { deploymentId: id },
    data: { claim, claimUntil: new Date("2026-11-24T12:00:30Z") },
  });
  await planAll();
  expect(await planned(id)).toEqual([]);
  at("2026-11-24T12:00:31Z");
  await planAll();
  expect(await planned(id)).toHaveLength(3);
  expect(await store.schedules.claimed([schedule?.id ?? ""], claim, "2026-11-24T12:00:31Z")).toEqual([]);
  expect(
    await store.schedules.plan(claim, [
      { id: schedule?.id ?? "", planAt: null, plannedUntil: "2026-11-24T12:00:00Z", runs: [] },
    ]),
  ).toBe(0);
  const row = await base.db.prisma.deploymentSchedule.findFirst({ where: { deploymentId: id } });
  expect(row?.planAt).not.toBeNull();
});

test("what was planned from a deployment that changed meanwhile is dropped", async () => {
  at("2026-11-24T12:00:00Z");
  const id = await aDeployment({ cron: "0 * * * *" });
  const { store } = ws.ctx();
  const claim = "00000000-0000-4000-8000-000000000002";
  await base.db.prisma.deploymentSchedule.updateMany({ where: { deploymentId: id }, data: { claim } });
  const ids = (await store.schedules.ofDeployment(id)).map((one) => one.id);
  const held = await store.schedules.claimed(ids, claim, "2026-11-24T12:00:00Z");
  expect(held).toHaveLength(1);
  await updateDeployment(ws.ctx(), { id, parameters: { x: 1 } });
  expect(
    await store.schedules.plan(claim, [
      { id: held[0]?.id ?? "", planAt: null, plannedUntil: "2026-11-24T12:00:00Z", runs: [] },
    ]),
  ).toBe(0);
  await planAll();
  expect(await planned(id)).toHaveLength(3);
});

test("nine o'clock stays nine o'clock and comes once on the days that clocks change", async () => {
  at("2026-10-24T12:00:00Z");
  const autumn = await aDeployment({ cron: "0 9 * * *", timezone: "Europe/Berlin" });
  const twice = await aDeployment({ cron: "30 2 * * *", timezone: "Europe/Berlin" });
  await planAll();
  expect(await planned(autumn)).toEqual(["2026-10-25T08:00:00Z", "2026-10-26T08:00:00Z", "2026-10-27T08:00:00Z"]);
  expect(await planned(twice)).toEqual(["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]);
});

test("planning goes on as time goes, and makes nothing twice and nothing for the past", async () => {
  at("2026-11-24T12:30:00Z");
  const id = await aDeployment({ cron: "0 * * * *" }, ws, { catch_up: "skip" });
  await planAll();
  expect(await planned(id)).toEqual(["2026-11-24T13:00:00Z", "2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z"]);
  await planAll();
  expect(await planned(id)).toHaveLength(3);
  at("2026-11-24T17:30:00Z");
  await planAll();
  expect((await planned(id)).slice(3)).toEqual([
    "2026-11-24T18:00:00Z",
    "2026-11-24T19:00:00Z",
    "2026-11-24T20:00:00Z",
  ]);
});

test("only the dates without a run get one, among them those whose run somebody deleted", async () => {
  at("2026-11-24T12:30:00Z");
  const id = await aDeployment({ cron: "0 * * * *" });
  await planAll();
  const { store } = ws.ctx();
  const filters = { flow_runs: { deployment_id: { any_: [id] } } };
  const { rows } = await store.flowRuns.list(filters, "EXPECTED_START_TIME_ASC", { offset: 0 }, 200);
  await deleteFlowRun(ws.ctx(), { id: rows[1]?.id ?? "" });
  at("2026-11-24T13:00:01Z");
  expect(await planSchedules(base.services)).toMatchObject({ claimed: 1, runs: 2 });
  expect(await planned(id)).toEqual(["13", "14", "15", "16"].map((hour) => `2026-11-24T${hour}:00:00Z`));
});

test("a schedule's own maximum of runs that wait is kept", async () => {
  at("2026-11-24T12:30:00Z");
  const id = await aDeployment({ cron: "0 * * * *" }, ws, { max_scheduled_runs: 2 });
  await planAll();
  expect(await planned(id)).toHaveLength(2);
  at("2026-11-24T13:30:00Z");
  await planAll();
  expect(await planned(id)).toHaveLength(2);
  expect(await planned(id)).toEqual(["2026-11-24T13:00:00Z", "2026-11-24T14:00:00Z"]);
});

test("a workspace with many schedules does not hold up one with few", async () => {
  at("2026-11-24T12:30:00Z");
  const [busy, quiet] = [await aWorkspace(base.services), await aWorkspace(base.services)];
  for (let i = 0; i < 6; i += 1) await aDeployment({ cron: "0 * * * *" }, busy);
  const id = await aDeployment({ cron: "0 * * * *" }, quiet);
  await planSchedules(base.services, 2);
  expect(await planned(id, quiet)).toHaveLength(3);
  await planAll();
});

test("a schedule whose parameters are too much beside its deployment's makes no run, and holds up no other", async () => {
  const text = "x".repeat(300_000);
  const id = await aDeployment({ cron: "0 * * * *" }, ws, { parameters: { one: text } });
  await updateDeployment(ws.ctx(), { id, parameters: { other: text } });
  const other = await aDeployment({ cron: "0 * * * *" });
  await planAll();
  expect(await planned(id)).toEqual([]);
  expect((await planned(other)).length).toBeGreaterThan(0);
  await updateDeployment(ws.ctx(), { id, parameters: { other: "less" } });
  await planAll();
  expect((await planned(id)).length).toBeGreaterThan(0);
});
