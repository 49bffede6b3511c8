import { openDb, openHot } from "@weir/db";
import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let database: TestDatabase;
let api: TestApi;
let ada: TestWorkspace;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
  ada = await aWorkspace(database.services);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const ask = async (method: string, path: string, body?: unknown) => {
  const { status, body: answer } = await api.call(ada, method, path, body);
  return [status, answer];
};

test.each([
  ["/health", true],
  ["/ready", { message: "OK" }],
  ["/hello", "👋"],
  ["/version", "0.8.4"],
  ["/admin/version", "3.8.8"],
])("anybody is told %s, and so is a workspace's caller", async (path, told) => {
  const answer = await fetch(`${api.origin}/api${path}`);
  expect([answer.status, await answer.json()]).toEqual([200, told]);
  expect(await ask("GET", path)).toEqual([200, told]);
});

test("without its database the API is up but not ready", async () => {
  const db = openDb({ url: "postgresql://nobody@127.0.0.1:1/nothing", connections: 1, hotConnections: 1 });
  const lost = await startTestApi({ ...database.services, db, hot: openHot(db) });
  const ready = await fetch(`${lost.origin}/api/ready`);
  expect([ready.status, Number(ready.headers.get("retry-after"))]).toEqual([503, 1]);
  expect((await fetch(`${lost.origin}/api/health`)).status).toBe(200);
  const call = await lost.call(ada, "POST", "/flows/filter", {});
  expect([call.status, Number(call.headers.get("retry-after")) > 0]).toEqual([503, true]);
  await lost.close();
  await db.close();
});

test("a client in server mode learns that there is no CSRF token to fetch", async () => {
  expect(await ask("GET", "/csrf-token?client=x")).toEqual([422, { detail: "CSRF protection is disabled." }]);
});

test("a client learns nothing of the server's settings, and that results are stored where it runs", async () => {
  expect(await ask("GET", "/admin/settings")).toEqual([200, { server: { analytics_enabled: false } }]);
  expect(await ask("GET", "/admin/storage")).toEqual([200, { default_result_storage_block_id: null }]);
});

test("both client modes find the process type, with a template that jobs can be made of", async () => {
  const [, cloud] = await ask("GET", "/collections/work_pool_types");
  const [, server] = await ask("GET", "/collections/views/aggregate-worker-metadata");
  expect(server).toEqual(cloud);
  const { process } = (cloud as Record<string, Record<string, Record<string, unknown>>>).prefect ?? {};
  expect(process).toMatchObject({ type: "process", display_name: expect.any(String), description: expect.any(String) });
  const template = process?.default_base_job_configuration as {
    job_configuration: Record<string, string>;
    variables: { properties: Record<string, unknown> };
  };
  for (const [name, value] of Object.entries(template.job_configuration)) {
    expect(value).toBe(`{{ ${name} }}`);
    expect(template.variables.properties).toHaveProperty(name);
  }
});

test("slots of limits that are not there are given at once", async () => {
  const lease = { names: ["tag:x"], slots: 1, mode: "concurrency", lease_duration: 60 };
  const [status, body] = await ask("POST", "/v2/concurrency_limits/increment-with-lease", lease);
  expect([status, body]).toEqual([200, { lease_id: expect.stringMatching(/^[0-9a-f-]{36}$/), limits: [] }]);
  const { lease_id } = body as { lease_id: string };
  expect(await ask("POST", `/v2/concurrency_limits/leases/${lease_id}/renew`, { lease_duration: 60 })).toEqual([
    204,
    undefined,
  ]);
  expect(await ask("POST", "/v2/concurrency_limits/decrement-with-lease", { lease_id })).toEqual([204, undefined]);
  expect(await ask("POST", "/v2/concurrency_limits/increment", { names: ["x"], slots: 1 })).toEqual([200, []]);
  expect(await ask("POST", "/v2/concurrency_limits/filter", {})).toEqual([200, []]);
  expect((await ask("GET", "/concurrency_limits/tag/x"))[0]).toBe(404);
});

test("what deploying asks of automations and blocks is answered where there are none", async () => {
  const resource = "prefect.deployment.01a20e0d-48bb-791a-86ba-293913ea8829";
  expect(await ask("GET", `/automations/related-to/${resource}`)).toEqual([200, []]);
  expect(await ask("DELETE", `/automations/owned-by/${resource}`)).toEqual([202, null]);
  expect(await ask("POST", "/automations/filter", {})).toEqual([200, []]);
  expect(await ask("POST", "/block_documents/filter", {})).toEqual([200, []]);
  for (const path of [
    "/block_types/slug/secret",
    "/block_types/slug/secret/block_documents/name/x",
    "/block_documents/x",
  ]) {
    expect([path, ...(await ask("GET", path))]).toEqual([path, 404, { detail: expect.any(String) }]);
  }
});

test.each(["application/x-protobuf", "application/octet-stream"])("metrics as %s are taken", async (type) => {
  const answer = await fetch(`${api.workspaceUrl(ada)}/telemetry/v1/metrics`, {
    method: "POST",
    headers: { authorization: `Bearer ${ada.apiKey}`, "content-type": type },
    body: new Uint8Array([10, 255, 0, 1]),
  });
  expect([answer.status, await answer.text()]).toEqual([200, ""]);
});

test("JSON that does not say that it is JSON is read as such: clients before 3.6.19 send it so", async () => {
  const answer = await fetch(`${api.workspaceUrl(ada)}/flows/`, {
    method: "POST",
    headers: { authorization: `Bearer ${ada.apiKey}` },
    body: new TextEncoder().encode('{"name":"untyped"}'),
  });
  expect([answer.status, await answer.json()]).toMatchObject([201, { name: "untyped" }]);
});

test.each([
  ["prefect/2.20.27 (API 0.8.4)", ["process", "prefect-agent"]],
  ["prefect/3.8.8 (API 0.8.4)", ["process"]],
])("%s is told of the types of Prefect's own that it can make pools of", async (agent, types) => {
  const headers = { authorization: `Bearer ${ada.apiKey}`, "user-agent": agent };
  for (const path of ["/collections/work_pool_types", "/collections/views/aggregate-worker-metadata"]) {
    const told = await fetch(`${api.origin}/api/accounts/${ada.accountId}/workspaces/${ada.workspaceId}${path}`, {
      headers,
    });
    expect(Object.keys(((await told.json()) as { prefect: object }).prefect)).toEqual(types);
  }
});
