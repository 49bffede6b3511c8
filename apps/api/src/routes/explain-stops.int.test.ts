import { randomUUID } from "node:crypto";
import { addSeconds, type Micros, parseInstant } from "@weir/contracts";
import { aFlow, apiSuite, aWorkspace, type TestWorkspace } from "@weir/testing";
import { afterEach, beforeAll, expect, test } from "vitest";

const suite = apiSuite();
/** Two people of one workspace. */
let ada: TestWorkspace;
let bob: TestWorkspace;
const noon = parseInstant(new Date().toISOString()) as Micros;
const at = (seconds: number) => suite.base.setClock(addSeconds(noon, seconds));

beforeAll(async () => {
  ada = suite.ws;
  const other = await aWorkspace(suite.base.services);
  const stamp = { created: new Date(), updated: new Date(), userId: other.userId };
  const { prisma } = suite.base.db;
  await prisma.membership.create({
    data: { id: randomUUID(), ...stamp, accountId: ada.accountId, role: "Member" },
  });
  await prisma.workspaceAccess.create({
    data: { id: randomUUID(), ...stamp, workspaceId: ada.workspaceId, role: "Developer" },
  });
  bob = { ...ada, userId: other.userId, apiKey: other.apiKey };
});
afterEach(() => suite.base.setClock(undefined));

type Body = Record<string, unknown>;
type Explained = { checks: { code: string; ok: boolean; facts: Body }[] };
type Scene = { pool: string; queueId: string; flowId: string; deployment: string; schedule: string };

async function call(who: TestWorkspace, method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await suite.api.call(who, method, path, body);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body as Body;
}

const cron = { schedule: { cron: "0 9 * * *", timezone: "UTC" }, slug: "nightly" };

async function aScene(): Promise<Scene> {
  const pool = `pool-${randomUUID().slice(0, 8)}`;
  const made = await call(ada, "POST", "/work_pools/", { name: pool, type: "process" });
  const flowId = await aFlow(ada);
  const deployment = { flow_id: flowId, name: "d", work_pool_name: pool, schedules: [cron] };
  const { id, schedules } = await call(ada, "POST", "/deployments/", deployment);
  const [{ id: schedule } = { id: "" }] = schedules as { id: string }[];
  return { pool, queueId: String(made.default_queue_id), flowId, deployment: String(id), schedule };
}

/** Facts of a check on the deployment; a schedule's own, where the check is of schedules. */
async function facts({ deployment }: Scene, code: string): Promise<{ ok: boolean; facts: Body }> {
  const { checks } = (await call(ada, "GET", `/deployments/${deployment}/explain`)) as unknown as Explained;
  const found = checks.find((check) => check.code === code) ?? { ok: true, facts: {} as Body };
  const [schedule] = (found.facts.schedules ?? []) as Body[];
  return { ok: found.ok, facts: schedule ?? found.facts };
}

type Act = (scene: Scene, who: TestWorkspace) => Promise<unknown>;
const deploy =
  (more: Body): Act =>
  ({ flowId, pool }, who) =>
    call(who, "POST", "/deployments/", { flow_id: flowId, name: "d", work_pool_name: pool, ...more });
const change =
  (more: Body): Act =>
  ({ deployment }, who) =>
    call(who, "PATCH", `/deployments/${deployment}`, more);
const turn =
  (what: string): Act =>
  ({ deployment }, who) =>
    call(who, "POST", `/deployments/${deployment}/${what}`);
const patchPool =
  (is_paused: boolean): Act =>
  ({ pool }, who) =>
    call(who, "PATCH", `/work_pools/${pool}`, { is_paused });
const patchSchedule =
  (active: boolean): Act =>
  ({ deployment, schedule }, who) =>
    call(who, "PATCH", `/deployments/${deployment}/schedules/${schedule}`, { active });

/** Each way in which a thing is stopped and released: the check that tells of it, and how it calls it. */
const ways: Record<string, { code: string; how?: string; stop: Act; release: Act }> = {
  "a pool by a change": { code: "work_pool_paused", stop: patchPool(true), release: patchPool(false) },
  "a queue by a change": {
    code: "work_queue_paused",
    stop: ({ queueId }, who) => call(who, "PATCH", `/work_queues/${queueId}`, { is_paused: true }),
    release: ({ queueId }, who) => call(who, "PATCH", `/work_queues/${queueId}`, { is_paused: false }),
  },
  "a queue by a change within its pool": {
    code: "work_queue_paused",
    stop: ({ pool }, who) => call(who, "PATCH", `/work_pools/${pool}/queues/default`, { is_paused: true }),
    release: ({ pool }, who) => call(who, "PATCH", `/work_pools/${pool}/queues/default`, { is_paused: false }),
  },
  "a deployment by a change": {
    code: "deployment_paused",
    stop: change({ paused: true }),
    release: change({ paused: false }),
  },
  "a deployment by a change in the words of old": {
    code: "deployment_paused",
    stop: change({ is_schedule_active: false }),
    release: change({ is_schedule_active: true }),
  },
  "a deployment by its switch": {
    code: "deployment_paused",
    stop: turn("pause_deployment"),
    release: turn("resume_deployment"),
  },
  "a deployment by its switch of old": {
    code: "deployment_paused",
    stop: turn("set_schedule_inactive"),
    release: turn("set_schedule_active"),
  },
  "a deployment that is deployed again": {
    code: "deployment_paused",
    stop: deploy({ paused: true }),
    release: deploy({ paused: false }),
  },
  "a deployment that is disabled": {
    code: "deployment_disabled",
    how: "disabled",
    stop: turn("disable"),
    release: turn("enable"),
  },
  "a deployment that is deployed again, disabled": {
    code: "deployment_disabled",
    how: "disabled",
    stop: deploy({ disabled: true }),
    release: deploy({ disabled: false }),
  },
  "a schedule by a change": {
    code: "schedules_inactive",
    stop: patchSchedule(false),
    release: patchSchedule(true),
  },
  "a schedule with its deployment": {
    code: "schedules_inactive",
    stop: change({ schedules: [{ ...cron, active: false }] }),
    release: change({ schedules: [{ ...cron, active: true }] }),
  },
  "a schedule that is deployed again": {
    code: "schedules_inactive",
    stop: deploy({ schedules: [{ ...cron, active: false }] }),
    release: deploy({ schedules: [{ ...cron, active: true }] }),
  },
};

test.each(Object.entries(ways))("%s: who stopped it and when is known until it is released", async (_, way) => {
  const how = way.how ?? "paused";
  const scene = await aScene();
  at(60);
  await way.stop(scene, bob);
  const byBob = {
    [`${how}_at`]: expect.stringContaining(new Date(noon / 1000 + 60_000).toISOString().slice(0, 19)),
    [`${how}_by`]: { type: "USER", id: bob.userId, display_value: expect.any(String) },
  };
  expect(await facts(scene, way.code)).toMatchObject({ ok: false, facts: byBob });
  // Who stops what is stopped changes nothing, nor does a change of something else.
  at(120);
  await way.stop(scene, ada);
  await call(ada, "PATCH", `/deployments/${scene.deployment}`, { description: "other" });
  await call(ada, "PATCH", `/work_pools/${scene.pool}`, { description: "other" });
  expect(await facts(scene, way.code)).toMatchObject({ ok: false, facts: byBob });
  await way.release(scene, ada);
  const released = await facts(scene, way.code);
  expect(released.ok).toBe(true);
  expect(Object.keys(released.facts)).not.toContain(`${how}_at`);
  at(180);
  await way.stop(scene, ada);
  expect((await facts(scene, way.code)).facts[`${how}_by`]).toMatchObject({ id: ada.userId });
});

test("what is made paused was paused by who made it", async () => {
  const scene = await aScene();
  const pool = `pool-${randomUUID().slice(0, 8)}`;
  await call(bob, "POST", "/work_pools/", { name: pool, type: "process", is_paused: true });
  await call(bob, "POST", `/work_pools/${pool}/queues`, { name: "q", is_paused: true });
  const deployment = { flow_id: scene.flowId, name: "e", work_pool_name: pool, work_queue_name: "q", paused: true };
  const schedules = [{ ...cron, active: false }];
  const { id } = await call(bob, "POST", "/deployments/", { ...deployment, schedules });
  const made = { ...scene, deployment: String(id) };
  for (const code of ["work_pool_paused", "work_queue_paused", "deployment_paused", "schedules_inactive"])
    expect(await facts(made, code), code).toMatchObject({ ok: false, facts: { paused_by: { id: bob.userId } } });
});

test("a deployment that is put back to a former version stays paused by who paused it", async () => {
  const scene = await aScene();
  const first = (await call(ada, "GET", `/deployments/${scene.deployment}`)).version_id;
  await change({ entrypoint: "other.py:flow" })(scene, ada);
  await turn("pause_deployment")(scene, bob);
  await call(ada, "POST", `/deployments/${scene.deployment}/versions/${first}/promote`, {});
  expect(await facts(scene, "deployment_paused")).toMatchObject({ facts: { paused_by: { id: bob.userId } } });
});

test("of what was paused before this was kept, nobody is named", async () => {
  const scene = await aScene();
  await suite.base.db.prisma.workPool.updateMany({ where: { name: scene.pool }, data: { isPaused: true } });
  await patchPool(true)(scene, ada);
  expect(await facts(scene, "work_pool_paused")).toMatchObject({
    ok: false,
    facts: { paused_at: null, paused_by: null },
  });
});
