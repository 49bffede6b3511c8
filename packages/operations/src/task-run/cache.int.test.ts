import { randomUUID } from "node:crypto";
import { type Micros, parseInstant } from "@weir/contracts";
import { aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTaskRun, setTaskRunState } from "./change.ts";

let base: TestDatabase;
let ws: TestWorkspace;
const at = (time: string) => base.setClock(parseInstant(`2026-08-01T${time}Z`) as Micros);

beforeAll(async () => {
  base = await testDatabase();
});
beforeEach(async () => {
  at("12:00:00");
  ws = await aWorkspace(base.services);
});
afterAll(() => base.drop());

async function aTask(): Promise<string> {
  return String((await createTaskRun(ws.ctx(), { task_key: "t", dynamic_key: randomUUID() })).body.id);
}
const propose = async (id: string, type: string, details: Record<string, unknown>, more: object = {}, force = false) =>
  (await setTaskRunState(ws.ctx(), { id, state: { type, state_details: details, ...more }, force })).body;
const complete = async (result: string, details: Record<string, unknown>, force = false) =>
  propose(await aTask(), "COMPLETED", details, { data: { storage_key: result } }, force);
const start = async (details: Record<string, unknown>) => {
  const { status, state } = await propose(await aTask(), "RUNNING", details);
  return { status, name: state?.name, data: JSON.stringify(state?.data ?? null) };
};
const ran = { status: "ACCEPT", name: "Running", data: "null" };
const found = (result: string) => ({ status: "REJECT", name: "Cached", data: JSON.stringify({ storage_key: result }) });

test("a task whose key was computed before ends with what that one came to", async () => {
  expect(await start({ cache_key: "k" })).toEqual(ran);
  await complete("first", { cache_key: "k" });
  expect(await start({ cache_key: "k" })).toEqual(found("first"));
  expect(await start({ cache_key: "other" })).toEqual(ran);
  expect(await start({ cache_key: "k", refresh_cache: true })).toEqual(ran);
  await complete("second", { cache_key: "k" });
  expect(await start({ cache_key: "k" })).toEqual(found("second"));
});

test("what expired is not found, and what outlasts it is", async () => {
  await complete("lasting", { cache_key: "k" });
  at("12:00:01");
  await complete("brief", { cache_key: "k", cache_expiration: "2026-08-01T12:05:00Z" });
  expect(await start({ cache_key: "k" })).toEqual(found("brief"));
  at("12:05:00");
  expect(await start({ cache_key: "k" })).toEqual(found("lasting"));
});

test("a key is kept once, however often it is computed anew", async () => {
  for (const result of ["a", "b", "c"]) await complete(result, { cache_key: "k" });
  const rows = await base.db.prisma.taskCache.findMany({ where: { workspaceId: ws.workspaceId } });
  expect(rows).toHaveLength(1);
});

test("another workspace, a forced end and a key that is too long leave nothing to find", async () => {
  await complete("theirs", { cache_key: "k" });
  ws = await aWorkspace(base.services);
  expect(await start({ cache_key: "k" })).toEqual(ran);
  await complete("forced", { cache_key: "k" }, true);
  expect(await start({ cache_key: "k" })).toEqual(ran);
  const long = { cache_key: "k".repeat(2001) };
  expect(await complete("long", long)).toMatchObject({ status: "REJECT", state: { type: "COMPLETED" } });
  expect(await start(long)).toEqual(ran);
});
