import { randomUUID } from "node:crypto";
import { planSchedules } from "@weir/operations";
import { aFlow, apiSuite } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
const { call } = suite;

beforeAll(async () => {
  for (const name of ["one", "two"]) await call("POST", "/work_pools/", { name, type: "process" });
});

type Body = Record<string, unknown>;
const hourly = { schedule: { interval: 3600, anchor_date: "2026-01-01T00:00:00Z" }, slug: "hourly" };

async function aDeployment(more: Body = {}) {
  const given = { flow_id: await aFlow(suite.ws), name: `d-${randomUUID()}`, work_pool_name: "one", ...more };
  const { body } = await call("POST", "/deployments/", given);
  const path = `/deployments/${body.id}`;
  const versions = async () =>
    ((await call("POST", `${path}/versions/paginate`, {})).body.results as Body[]).map((one) => one);
  return { id: String(body.id), path, body, given, versions, read: async () => (await call("GET", path)).body };
}

async function waiting(id: string): Promise<number> {
  const filter = { deployments: { id: { any_: [id] } }, flow_runs: { state: { type: { any_: ["SCHEDULED"] } } } };
  return ((await suite.api.call(suite.ws, "POST", "/flow_runs/filter", filter)).body as unknown[]).length;
}

const planAll = async () => {
  while ((await planSchedules(suite.base.services)).isMore);
};

test("what changes a deployment makes a version of it, and what does not makes none", async () => {
  const one = await aDeployment({
    entrypoint: "a.py:f",
    version_info: { type: "vcs:git", version: "abc", branch: "main" },
  });
  await call("PATCH", one.path, { paused: true });
  await call("PATCH", one.path, { entrypoint: "a.py:f", schedules: [hourly] });
  expect(await one.versions()).toHaveLength(1);
  await call("PATCH", one.path, { entrypoint: "b.py:f" });
  await call("POST", "/deployments/", { ...one.given, entrypoint: "c.py:f" });
  const versions = await one.versions();
  expect(versions.map(({ entrypoint }) => entrypoint)).toEqual(["c.py:f", "b.py:f", "a.py:f"]);
  expect(versions[2]).toMatchObject({
    id: one.body.version_id,
    deployment_id: one.id,
    version_info: { type: "vcs:git", version: "abc", branch: "main" },
    work_pool_name: "one",
  });
  expect(await one.read()).toMatchObject({ version_id: versions[0]?.id });
});

test("a version can be gone back to: runs are made as then, schedules stay, and those planned are planned anew", async () => {
  const one = await aDeployment({ parameters: { x: 1 }, tags: ["old"], schedules: [hourly] });
  const first = one.body.version_id;
  await call("PATCH", one.path, { parameters: { x: 2 }, tags: ["new"], work_pool_name: "two" });
  await planAll();
  expect(await call("POST", `${one.path}/versions/${first}/promote`, { reason: "it broke" })).toEqual({
    status: 200,
    body: true,
  });
  expect(await waiting(one.id)).toBe(0);
  expect(await one.read()).toMatchObject({
    version_id: first,
    parameters: { x: 1 },
    tags: ["old"],
    work_pool_name: "one",
    schedules: [{ slug: "hourly" }],
  });
  expect(await one.versions()).toHaveLength(2);
  await planAll();
  const runs = await suite.api.call(suite.ws, "POST", "/flow_runs/filter", { deployments: { id: { any_: [one.id] } } });
  expect((runs.body as Body[])[0]).toMatchObject({ parameters: { x: 1 }, work_pool_name: "one" });
});

test("a run tells the version that it was made of, by hand and by schedule, whatever its deployment has become", async () => {
  const info = { type: "vcs:git", version: "abc", branch: "main" };
  const one = await aDeployment({ version: "1", version_info: info, schedules: [hourly] });
  const { body: made } = await call("POST", `${one.path}/create_flow_run`, {});
  const told = { deployment_version: "1", deployment_version_id: one.body.version_id, deployment_version_info: info };
  expect(made).toMatchObject({ ...told, flow_name: expect.any(String) });
  await planAll();
  const mine = { deployments: { id: { any_: [one.id] } } };
  const listed = async () => (await suite.api.call(suite.ws, "POST", "/flow_runs/filter", mine)).body as Body[];
  expect(await listed()).toEqual(Array.from({ length: 4 }, () => expect.objectContaining(told)));

  await call("PATCH", one.path, { version: "2", version_info: null });
  const { body: next } = await call("POST", `${one.path}/create_flow_run`, {});
  const byText = { type: "prefect:simple", version: "2" };
  expect(next).toMatchObject({ deployment_version: "2", deployment_version_info: byText, flow_name: made.flow_name });
  expect(next.deployment_version_id).toBe((await one.read()).version_id);
  expect((await call("GET", `/flow_runs/${made.id}`)).body).toMatchObject(told);

  // What it was is no more: the run still says which it was made of.
  expect((await call("DELETE", `${one.path}/versions/${one.body.version_id}`)).status).toBe(204);
  const gone = { ...told, deployment_version_info: null };
  expect((await call("GET", `/flow_runs/${made.id}`)).body).toMatchObject(gone);
  expect((await listed()).find(({ id }) => id === made.id)).toMatchObject(gone);
});

test("a version whose pool is gone is gone back to without it", async () => {
  await call("POST", "/work_pools/", { name: "passing", type: "process" });
  const one = await aDeployment({ work_pool_name: "passing" });
  await call("PATCH", one.path, { work_pool_name: "two" });
  await call("DELETE", "/work_pools/passing");
  expect((await call("POST", `${one.path}/versions/${one.body.version_id}/promote`, {})).status).toBe(200);
  expect(await one.read()).toMatchObject({ work_pool_name: null, work_queue_name: null });
});

test("the version that a deployment is now cannot be deleted, another can, and one that is not there is 404", async () => {
  const one = await aDeployment({ version: "1" });
  await call("PATCH", one.path, { version: "2" });
  const [live, old] = (await one.versions()).map(({ id }) => `${one.path}/versions/${id}`);
  expect((await call("DELETE", String(live))).status).toBe(409);
  expect((await call("GET", String(old))).body).toMatchObject({ version: "1" });
  expect((await call("DELETE", String(old))).status).toBe(204);
  for (const [method, path] of [
    ["GET", String(old)],
    ["DELETE", String(old)],
    ["POST", `${old}/promote`],
    ["POST", `/deployments/${randomUUID()}/versions/paginate`],
  ] as const)
    expect((await call(method, path, method === "POST" ? {} : undefined)).status).toBe(404);
});

test("the last hundred versions are kept", async () => {
  const one = await aDeployment();
  for (let n = 0; n < 105; n += 1) await call("PATCH", one.path, { version: String(n) });
  const { body } = await call("POST", `${one.path}/versions/paginate`, { limit: 1 });
  expect(body).toMatchObject({ count: 100, pages: 100, results: [{ version: "104" }] });
});

test("a deployment can be made disabled, and deploying it anew says nothing of it unless it does", async () => {
  const one = await aDeployment({ schedules: [hourly], disabled: true });
  expect(one.body).toMatchObject({ disabled: true, status: "DISABLED" });
  await planAll();
  expect(await waiting(one.id)).toBe(0);
  await call("POST", "/deployments/", { ...one.given, disabled: undefined });
  expect(await one.read()).toMatchObject({ disabled: true });
  await call("POST", "/deployments/", { ...one.given, disabled: false });
  await planAll();
  expect(await waiting(one.id)).toBe(3);
});

test("a disabled deployment makes no runs, by schedule or by hand, until it is enabled", async () => {
  const one = await aDeployment({ schedules: [hourly] });
  await planAll();
  expect(await waiting(one.id)).toBe(3);
  expect((await call("POST", `${one.path}/disable`)).status).toBe(200);
  await planAll();
  expect(await waiting(one.id)).toBe(0);
  expect(await one.read()).toMatchObject({ disabled: true, status: "DISABLED" });
  expect(await call("POST", `${one.path}/create_flow_run`, {})).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining("is disabled") },
  });
  await call("POST", `${one.path}/enable`);
  await planAll();
  expect(await waiting(one.id)).toBe(3);
  expect((await call("POST", `${one.path}/create_flow_run`, {})).status).toBe(201);
});

test("a branch begins as its base is, with what is overridden, and remembers where it came from", async () => {
  const one = await aDeployment({ name: "nightly", parameters: { x: 1.5 }, tags: ["t"], schedules: [hourly] });
  const made = await call("POST", `${one.path}/branch`, {
    branch: "fix/retries",
    options: { schedule_handling: "inactive" },
    overrides: { tags: ["branch"] },
  });
  expect(made).toMatchObject({
    status: 201,
    body: {
      name: "nightly@fix-retries",
      branch: "fix/retries",
      base: one.id,
      root: one.id,
      parameters: { x: 1.5 },
      tags: ["branch"],
      work_pool_name: "one",
      schedules: [{ slug: "hourly", active: false }],
    },
  });
  const again = await call("POST", `/deployments/${made.body.id}/branch`, { branch: "more" });
  expect(again.body).toMatchObject({ base: made.body.id, root: one.id, schedules: [] });
  expect((await call("POST", `${one.path}/branch`, { branch: "fix/retries" })).status).toBe(409);
  expect((await call("POST", `${one.path}/branch`, { branch: " " })).status).toBe(422);
});
