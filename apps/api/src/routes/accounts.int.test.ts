import { sql } from "@weir/db";
import { createArtifact, createVariable, createWorkPool, writeLogs } from "@weir/operations";
import {
  aFlowRun,
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

async function call(caller: TestWorkspace, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${api.origin}/api/accounts/${caller.accountId}${path}`, {
    method,
    headers: { authorization: `Bearer ${caller.apiKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

const create = (handle: string, more: Record<string, unknown> = {}) =>
  call(ada, "POST", "/workspaces/", { name: "Staging", handle, ...more });

test("an account reads with nothing null that clients dereference", async () => {
  const { status, body } = await call(ada, "GET", "/");
  expect(status).toBe(200);
  expect(body).toMatchObject({ id: ada.accountId, handle: ada.accountHandle, status: "ACTIVE", features: [] });
  expect((await call(ada, "GET", "/settings")).body).not.toHaveProperty("enforce_ip_allowlist");
});

test("a workspace is made within 50 ms, and its maker enters at once", async () => {
  const times: number[] = [];
  for (let index = 0; index < 9; index += 1) {
    const before = performance.now();
    const made = await create(`staging-${index}`);
    times.push(performance.now() - before);
    expect(made).toMatchObject({
      status: 201,
      body: { account_id: ada.accountId, handle: `staging-${index}`, description: "", is_public: false },
    });
    expect((await call(ada, "POST", `/workspaces/${made.body.id}/flows/`, { name: "etl" })).status).toBe(201);
  }
  expect(times.sort((a, b) => a - b)[4]).toBeLessThan(50);
});

test("a workspace of a retention class that nobody had gets its partitions", async () => {
  await database.db.query(sql`drop table part.log_r30`);
  const made = await create("first-of-class");
  const logs = [{ name: "x", level: 20, message: "hello", timestamp: "2026-11-24T12:00:00Z", flow_run_id: null }];
  expect(made.status).toBe(201);
  expect((await call(ada, "POST", `/workspaces/${made.body.id}/logs/`, logs)).status).toBe(201);
});

test.each(["ab", "a".repeat(41), "Staging", "a b", "a_b", "api", "settings"])("%s is no handle", async (handle) => {
  expect(await create(handle)).toMatchObject({
    status: 422,
    body: { exception_detail: [{ loc: ["body", "handle"] }] },
  });
});

test("a handle belongs to one workspace of an account", async () => {
  expect((await create("taken")).status).toBe(201);
  expect(await create("taken")).toMatchObject({ status: 409, body: { detail: expect.stringContaining("taken") } });
  const other = await create("other");
  const url = `/workspaces/${other.body.id}`;
  expect((await call(ada, "PATCH", url, { handle: "taken" })).status).toBe(409);
  expect(await call(ada, "PATCH", url, { handle: null, name: "Renamed", description: null })).toEqual({ status: 204 });
  expect((await call(ada, "GET", url)).body).toMatchObject({ name: "Renamed", handle: "other", description: "" });
});

test("a list holds what the caller may enter", async () => {
  const member = await aWorkspace(database.services, { role: "Viewer" });
  expect((await call(member, "POST", "/workspaces/filter")).body).toHaveLength(1);
  await database.db.prisma.workspaceAccess.deleteMany({ where: { userId: member.userId } });
  expect((await call(member, "POST", "/workspaces/filter", {})).body).toEqual([]);
  const filter = { workspaces: { handle: { any_: ["taken"] }, id: { any_: null } } };
  expect((await call(ada, "POST", "/workspaces/filter", filter)).body).toHaveLength(1);
});

test("only who may, makes, changes and deletes workspaces", async () => {
  const member = await aWorkspace(database.services, { role: "Developer" });
  const url = `/workspaces/${member.workspaceId}`;
  expect((await call(member, "POST", "/workspaces/", { name: "x", handle: "mine" })).status).toBe(403);
  expect((await call(member, "PATCH", url, { name: "x" })).status).toBe(403);
  expect((await call(member, "DELETE", url)).status).toBe(403);
  expect((await call(member, "GET", url)).status).toBe(200);
});

test("a deleted workspace takes every row with it, and none of another", async () => {
  const gone = await filled();
  const kept = await filled();
  const before = await rowsOf(kept.workspaceId);
  expect(before.map(({ table }) => table)).toEqual(
    expect.arrayContaining([
      "artifact",
      "dispatch",
      "event",
      "event_resource",
      "flow_run",
      "flow_run_state",
      "log",
      "outbox",
    ]),
  );
  expect(await call(gone, "DELETE", `/workspaces/${gone.workspaceId}`)).toEqual({ status: 204 });
  expect(await rowsOf(gone.workspaceId)).toEqual([]);
  expect(await rowsOf(kept.workspaceId)).toEqual(before);
  expect((await call(gone, "GET", `/workspaces/${gone.workspaceId}`)).status).toBe(404);
});

async function filled(): Promise<TestWorkspace> {
  const workspace = await aWorkspace(database.services);
  const ctx = workspace.ctx();
  await createWorkPool(ctx, { name: "local", type: "process" });
  const run = await aFlowRun(workspace, { state: { type: "SCHEDULED" }, work_pool_name: "local" });
  await createArtifact(ctx, { key: "report", type: "markdown", data: "hello", flow_run_id: run });
  await createVariable(ctx, { name: "one", value: 1 });
  const line = { name: "x", level: 20, message: "hi", timestamp: "2026-11-24T12:00:00Z", flow_run_id: run };
  await writeLogs(ctx, { lines: [line] });
  return workspace;
}

/** Tables that hold rows of a workspace, with how many. */
async function rowsOf(workspaceId: string): Promise<{ table: string; rows: number }[]> {
  const tables = await database.db.query<{ name: string }>(sql`
    select c.table_name as name from information_schema.columns c
     where c.table_schema = 'public' and c.column_name = 'workspace_id' order by 1`);
  const counts = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await database.db.prisma.$queryRawUnsafe<{ rows: bigint }[]>(
        `select count(*) as rows from "${name}" where workspace_id = $1::uuid`,
        workspaceId,
      );
      return { table: name, rows: Number(row?.rows) };
    }),
  );
  return counts.filter(({ rows }) => rows > 0);
}

test("an account is renamed and its settings are switched, each alone", async () => {
  const owner = await aWorkspace(database.services);
  const handle = `acme-${owner.accountId.slice(0, 8)}-new`;
  expect(
    (await call(owner, "PATCH", "/", { name: "New", handle, link: "https://x.test", settings: null })).status,
  ).toBe(204);
  expect((await call(owner, "PATCH", "/settings", { ai_log_summaries: true })).status).toBe(204);
  expect((await call(owner, "PATCH", "/settings", { managed_execution: false })).status).toBe(204);
  expect((await call(owner, "GET", "/")).body).toMatchObject({
    ...{ name: "New", handle, link: "https://x.test", location: null },
    settings: { ai_log_summaries: true, managed_execution: false },
  });
  expect((await call(owner, "PATCH", "/", { link: null })).status).toBe(204);
  expect((await call(owner, "GET", "/")).body).toMatchObject({ name: "New", link: null });
  expect((await call(owner, "PATCH", "/", { handle: ada.accountHandle })).status).toBe(409);
});

test.each([
  ["/settings", { enforce_ip_allowlist: true }],
  ["/settings", { ai_log_summaries: "yes" }],
  ["/", { auth_expiration_seconds: 60 }],
  ["/", { handle: "Not A Handle" }],
  ["/", { name: " " }],
])("what an account cannot be set to is 422: %s %j", async (path, body) => {
  expect((await call(ada, "PATCH", path, body)).status).toBe(422);
});

test("a member may not change the account", async () => {
  const member = await aWorkspace(database.services, { role: "Viewer" });
  expect((await call(member, "PATCH", "/", { name: "Mine" })).status).toBe(403);
});
