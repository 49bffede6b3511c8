import { randomUUID } from "node:crypto";
import { aFlow, apiSuite } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
const { call } = suite;

type Body = Record<string, unknown>;
const fresh = () => `n-${randomUUID().slice(0, 8)}`;
const list = async (path: string, body: Body = {}) =>
  (await suite.api.call(suite.ws, "POST", path, body)).body as Body[];

let me: Body;
beforeAll(() => {
  const { userId, identity } = suite.ws;
  me = { id: userId, type: "USER", display_value: identity.actor.name };
});

test("a flow, a pool and a queue tell who made them and who changed them, wherever they are told of", async () => {
  const by = { created_by: me, updated_by: me };
  const flow = await aFlow(suite.ws);
  const pool = fresh();
  expect((await call("POST", "/work_pools/", { name: pool, type: "process" })).body).toMatchObject(by);
  expect((await call("POST", `/work_pools/${pool}/queues`, { name: "q" })).body).toMatchObject(by);
  expect((await call("GET", `/flows/${flow}`)).body).toMatchObject(by);
  expect(await list("/flows/filter", { flows: { id: { any_: [flow] } } })).toMatchObject([by]);
  expect(await list(`/work_pools/${pool}/queues/filter`)).toMatchObject([by, by]);
});

test("who changed a thing is told, and Weir's own changes are nobody's", async () => {
  const pool = fresh();
  await call("POST", "/work_pools/", { name: pool, type: "process" });
  const { prisma } = suite.base.services.db;
  const workspaceId = suite.ws.workspaceId;
  await prisma.workPool.updateMany({ where: { workspaceId, name: pool }, data: { updatedBy: { id: "another" } } });
  await call("POST", `/work_pools/${pool}/workers/heartbeat`, { name: "w" });
  expect((await call("GET", `/work_pools/${pool}`)).body).toMatchObject({
    status: "READY",
    updated_by: { id: "another" },
  });
  await call("PATCH", `/work_pools/${pool}`, { description: "x" });
  expect((await call("GET", `/work_pools/${pool}`)).body).toMatchObject({ created_by: me, updated_by: me });
});

test("a queue tells its pool, and a pool when one of its queues was polled last", async () => {
  const pool = fresh();
  const { body } = await call("POST", "/work_pools/", { name: pool, type: "ecs:push" });
  expect(body).toMatchObject({ is_push_pool: true, is_mex_pool: false, last_polled: null });
  const queue = (await call("GET", `/work_pools/${pool}/queues/default`)).body;
  expect(queue).toMatchObject({ work_pool: { id: body.id, name: pool, type: "ecs:push", is_push_pool: true } });
  await call("PATCH", `/work_pools/${pool}/queues/default`, { last_polled: "2026-01-02T00:00:00Z" });
  await call("POST", `/work_pools/${pool}/queues`, { name: "q" });
  await call("PATCH", `/work_pools/${pool}/queues/q`, { last_polled: "2026-01-01T00:00:00Z" });
  expect((await call("GET", `/work_pools/${pool}`)).body.last_polled).toBe("2026-01-02T00:00:00Z");
});

test("a worker tells its client's version and whole seconds, and workers come in the order that is asked for", async () => {
  const pool = fresh();
  await call("POST", "/work_pools/", { name: pool, type: "process" });
  const { api, ws } = suite;
  const address = `${api.origin}/api/accounts/${ws.accountId}/workspaces/${ws.workspaceId}/work_pools/${pool}/workers/heartbeat`;
  const beat = (name: string, version: string, more: Body = {}) =>
    fetch(address, {
      method: "POST",
      headers: {
        authorization: `Bearer ${ws.apiKey}`,
        "content-type": "application/json",
        "user-agent": `prefect/${version} (API 0.8.4)`,
      },
      body: JSON.stringify({ name, ...more }),
    });
  await beat("b", "3.8.8", { heartbeat_interval_seconds: 0.5, metadata: { integrations: [] } });
  await beat("a", "3.9.0");
  await call("POST", `/work_pools/${pool}/workers/heartbeat`, { name: "b", heartbeat_interval_seconds: 0.5 });
  const workers = `/work_pools/${pool}/workers/filter`;
  const names = async (sort?: string) => (await list(workers, sort ? { sort } : {})).map(({ name }) => name);
  expect((await list(workers, { sort: "NAME_DESC" }))[0]).toMatchObject({
    ...{ name: "b", client_version: "3.8.8", heartbeat_interval_seconds: 1, metadata_: { integrations: [] } },
    created_by: me,
  });
  expect(await names()).toEqual(["b", "a"]);
  expect(await names("NAME_ASC")).toEqual(["a", "b"]);
  expect(await names("CLIENT_VERSION_DESC")).toEqual(["a", "b"]);
  expect(await names("CLIENT_VERSION_ASC")).toEqual(["b", "a"]);
});

test("pools come in the order that is asked for, with what they make jobs of or without", async () => {
  const names = [fresh(), fresh()].sort();
  for (const name of names) await call("POST", "/work_pools/", { name, type: "process" });
  const work_pools = { name: { any_: names } };
  const [last] = await list("/work_pools/filter", { work_pools, sort: "NAME_DESC" });
  expect(last).toMatchObject({ name: names[1], base_job_template: {} });
  const [bare] = await list("/work_pools/filter", { work_pools, exclude_base_job_template: true });
  expect([bare?.name, bare && "base_job_template" in bare]).toEqual([names[0], false]);
  const page = async (more: Body) =>
    ((await call("POST", "/work_pools/paginate", { work_pools, ...more })).body.results as Body[]).map(
      (pool) => "base_job_template" in pool,
    );
  expect(await page({})).toEqual([false, false]);
  expect(await page({ include_base_job_template: true })).toEqual([true, true]);
});

test("labels of flows and deployments are changed, a deployment's over its flow's", async () => {
  const flow = await aFlow(suite.ws);
  await call("PATCH", `/flows/${flow}`, { labels: { team: "a" } });
  expect((await call("GET", `/flows/${flow}`)).body).toMatchObject({ labels: { team: "a" }, tags: [] });
  const { body } = await call("POST", "/deployments/", { flow_id: flow, name: fresh(), labels: { old: 1 } });
  await call("PATCH", `/deployments/${body.id}`, { labels: { team: "b", n: 1.5 } });
  const { labels } = (await call("GET", `/deployments/${body.id}`)).body;
  expect(labels).toEqual({ "prefect.flow.id": flow, team: "b", n: 1.5 });
  await call("PATCH", `/deployments/${body.id}`, { description: "x" });
  expect((await call("GET", `/deployments/${body.id}`)).body.labels).toEqual(labels);
});

test("a schedule that is told to catch up makes up for all; told not to, it keeps how it skips", async () => {
  const flow = await aFlow(suite.ws);
  const schedule = { interval: 3600, anchor_date: "2026-01-01T00:00:00Z" };
  const { body } = await call("POST", "/deployments/", { flow_id: flow, name: fresh(), schedules: [{ schedule }] });
  const path = `/deployments/${body.id}/schedules`;
  const read = async () => (await suite.api.call(suite.ws, "GET", path)).body as Body[];
  const [one] = await read();
  const told = async (changes: Body) => {
    await call("PATCH", `${path}/${one?.id}`, changes);
    const [now] = await read();
    return [now?.catchup, now?.catch_up];
  };
  expect([one?.catchup, one?.catch_up]).toEqual([false, "latest"]);
  expect(await told({ catchup: true })).toEqual([true, "all"]);
  expect(await told({ active: true })).toEqual([true, "all"]);
  expect(await told({ catchup: false })).toEqual([false, "latest"]);
  expect(await told({ catch_up: "skip" })).toEqual([false, "skip"]);
  expect(await told({ catchup: false })).toEqual([false, "skip"]);
});

test("a state that its caller tells of by an event of its own is told by none of ours", async () => {
  const flow_id = await aFlow(suite.ws);
  const { body } = await call("POST", "/flow_runs/", { flow_id });
  const states = `/flow_runs/${body.id}/set_state`;
  await call("POST", states, { state: { type: "RUNNING" }, emit_event: false });
  await call("POST", states, { state: { type: "COMPLETED" }, emit_event: null });
  const told = await call("POST", "/events/filter", {
    filter: { related: { id: [] }, resource: { id: [`prefect.flow-run.${body.id}`] } },
  });
  const events = (told.body.events as Body[]).map(({ event }) => event);
  expect(events.toSorted()).toEqual(["prefect.flow-run.Completed", "prefect.flow-run.Pending"]);
  const history = (await suite.api.call(suite.ws, "GET", `/flow_run_states/?flow_run_id=${body.id}`)).body as Body[];
  expect(history.map(({ type }) => type)).toEqual(["PENDING", "RUNNING", "COMPLETED"]);
});

test("limits come in pages with their count", async () => {
  for (const name of ["a", "b", "c"]) await call("POST", "/v2/concurrency_limits/", { name, limit: 1 });
  const { body } = await call("POST", "/v2/concurrency_limits/paginate", { limit: 2, page: 2 });
  expect(body).toMatchObject({ count: 3, limit: 2, pages: 2, page: 2, results: [{ name: "c", active_slots: 0 }] });
});
