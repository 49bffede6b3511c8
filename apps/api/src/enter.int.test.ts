import { createWorkspace, grantedAccount } from "@weir/operations";
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

test("a workspace that another process made opens at once", async () => {
  expect((await api.call(ada, "GET", "/health")).status).toBe(200);
  const elsewhere = { ...database.services };
  const grant = grantedAccount(ada.identity, ada.accountId);
  if (!grant) throw new Error("Ada owns her account");
  const now = elsewhere.clock();
  const ctx = { grant, now, nowIso: ada.ctx().nowIso, services: elsewhere };
  const made = await createWorkspace(ctx, { name: "New", handle: "made-elsewhere" });
  expect((await api.call({ ...ada, workspaceId: String(made.id) }, "GET", "/health")).status).toBe(200);
});

test("a key that another process revoked is refused within five seconds", async () => {
  const eve = await aWorkspace(database.services);
  expect((await api.call(eve, "GET", "/health")).status).toBe(200);
  await database.db.prisma.apiKey.deleteMany({ where: { userId: eve.userId } });
  const now = database.services.clock();
  database.setClock((now + 5_000_000) as typeof now);
  expect((await api.call(eve, "GET", "/health")).status).toBe(401);
  database.setClock(undefined);
});

test("what is believed of a key is renewed behind the calls that use it", async () => {
  const eve = await aWorkspace(database.services);
  const now = database.services.clock();
  database.setClock(now);
  expect((await api.call(eve, "GET", "/health")).status).toBe(200);
  await database.db.prisma.apiKey.deleteMany({ where: { userId: eve.userId } });
  database.setClock((now + 3_000_000) as typeof now);
  expect((await api.call(eve, "GET", "/health")).status).toBe(200);
  await expect.poll(async () => (await api.call(eve, "GET", "/health")).status).toBe(401);
  database.setClock(undefined);
});
