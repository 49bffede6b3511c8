import { formatInstant, type Micros, parseInstant, toWire } from "@weir/contracts";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openCtx } from "../define-verb.ts";
import { createDeployment, updateDeployment } from "../deployment/save.ts";
import { explainFlowRun } from "../explain/flow-run.ts";
import { planSchedules } from "../fleet/plan-schedules.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import type { Services } from "../services.ts";
import { offerFlowRuns } from "../work-pool/poll.ts";
import { createWorkPool } from "../work-pool/verbs.ts";

let base: TestDatabase;
let ws: TestWorkspace;
/** Two processes of the API. */
let replicas: [Services, Services];
beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  replicas = [base.services, base.replica()];
});
afterEach(() => base.setClock(undefined));
afterAll(() => base.drop());

const at = (text: string) => base.setClock(parseInstant(text) as Micros);
const minutely = { cron: "* * * * *" };

/** A deployment in a pool of its own whose runs of an hour are planned and due. */
async function aScene(schedules: Record<string, unknown>[]): Promise<{ pool: string; id: string; runs: string[] }> {
  const pool = `pool-${Math.random()}`;
  await createWorkPool(ws.ctx(), { name: pool, type: "process" });
  at("2026-11-24T12:00:30Z");
  const given = { name: "d", flow_id: await aFlow(ws), work_pool_name: pool, schedules };
  const { body } = await createDeployment(ws.ctx(), given);
  while ((await planSchedules(base.services)).isMore);
  at("2026-11-24T13:00:00Z");
  return { pool, id: String(body.id), runs: await offered(pool) };
}

const offered = async (pool: string) =>
  (await offerFlowRuns(ws.ctx(), { work_pool_name: pool, scheduled_before: formatInstant(base.services.clock()) })).map(
    ({ flow_run }) => String(flow_run.id),
  );

async function propose(id: string, type: string, by: Services = replicas[0]) {
  const { body } = await setFlowRunState(openCtx(by, ws.ctx().grant), { id, state: { type } });
  return JSON.parse(toWire(body)) as { status: string; details: { reason?: string } };
}

test("of claims that race in two processes no more win than a schedule may have active runs", async () => {
  const { pool, runs } = await aScene([{ schedule: minutely, slug: "minutely", max_active_runs: 2 }]);
  expect(runs.length).toBeGreaterThan(20);
  const told = await Promise.all(runs.map((id, index) => propose(id, "PENDING", replicas[index % 2])));
  const won = runs.filter((_, index) => told[index]?.status === "ACCEPT");
  expect(won).toHaveLength(2);
  const reasons = told
    .filter(({ status }) => status !== "ACCEPT")
    .map(({ status, details }) => [status, details.reason]);
  expect(new Set(reasons.map(String))).toEqual(
    new Set(['ABORT,The concurrency limit of 2 of schedule "minutely" is reached.']),
  );
  expect(await offered(pool)).toEqual([]);
  await propose(won[0] ?? "", "CANCELLED");
  const next = await offered(pool);
  expect(next).toHaveLength(runs.length - 2);
  expect((await propose(next[0] ?? "", "PENDING")).status).toBe("ACCEPT");
});

test("why a run waits names its schedule that is full, and who holds its places", async () => {
  const { runs } = await aScene([{ schedule: minutely, slug: "minutely", max_active_runs: 1 }]);
  const [first = "", second = ""] = runs;
  const before = await explainFlowRun(ws.ctx(), { id: second });
  expect(before.checks.find(({ code }) => code === "schedule_limit")).toMatchObject({ ok: true, fix: null });
  await propose(first, "PENDING");
  const { cause, checks } = await explainFlowRun(ws.ctx(), { id: second });
  expect(cause).toBe("schedule_limit");
  expect(checks.find(({ code }) => code === "schedule_limit")).toMatchObject({
    facts: { schedule: "minutely", limit: 1, active: 1, holders: [{ id: first, state: "Pending" }] },
    needs: "write_deployments",
  });
});

test("a full schedule holds back no run of another", async () => {
  const { pool, runs } = await aScene([
    { schedule: minutely, slug: "one", max_active_runs: 1 },
    { schedule: minutely, slug: "any" },
  ]);
  const { store } = ws.ctx();
  const slugOf = async (id: string) =>
    ((await store.flowRuns.get(id))?.created_by?.value() as { display_value: string } | undefined)?.display_value;
  const ofOne = [];
  for (const id of runs) if ((await slugOf(id)) === "one") ofOne.push(id);
  expect((await propose(ofOne[0] ?? "", "PENDING")).status).toBe("ACCEPT");
  const left = await offered(pool);
  expect(new Set(await Promise.all(left.map(slugOf)))).toEqual(new Set(["any"]));
  for (const id of left.slice(0, 3)) expect((await propose(id, "PENDING")).status).toBe("ACCEPT");
});

test("a limit is changed and taken away, kept when a client that does not know it deploys anew, and must be positive", async () => {
  const { id } = await aScene([{ schedule: minutely, slug: "minutely", max_active_runs: 1 }]);
  const limits = async () => (await ws.ctx().store.schedules.ofDeployment(id)).map((one) => one.max_active_runs);
  await updateDeployment(ws.ctx(), { id, schedules: [{ schedule: minutely, slug: "minutely" }] });
  expect(await limits()).toEqual([1]);
  await updateDeployment(ws.ctx(), { id, schedules: [{ slug: "minutely", schedule: minutely, max_active_runs: 3 }] });
  expect(await limits()).toEqual([3]);
  await updateDeployment(ws.ctx(), {
    id,
    schedules: [{ slug: "minutely", schedule: minutely, max_active_runs: null }],
  });
  expect(await limits()).toEqual([null]);
  for (const max_active_runs of [0, -1, 1.5, 2 ** 31])
    await expect(async () =>
      updateDeployment(ws.ctx(), { id, schedules: [{ slug: "minutely", schedule: minutely, max_active_runs }] }),
    ).rejects.toMatchObject({ code: "invalid" });
});
