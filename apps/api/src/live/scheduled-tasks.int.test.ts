import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { createTaskRun, deleteTaskRun, setTaskRunState } from "@weir/operations";
import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { SocketClient } from "./test-socket.ts";

const PATH = "/task_runs/subscriptions/scheduled";
let base: TestDatabase;
/** Two replicas on one database. */
let apis: [TestApi, TestApi];
let ws: TestWorkspace;

beforeAll(async () => {
  base = await testDatabase();
  apis = [await startTestApi(base.services), await startTestApi(base.services)];
});
beforeEach(async () => {
  ws = await aWorkspace(base.services);
});
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()));
  await base.drop();
});

async function delay(task_key = "add", more: Record<string, unknown> = {}): Promise<string> {
  const details = { deferred: true, task_parameters_id: randomUUID() };
  const state = { type: "SCHEDULED", state_details: details };
  return String((await createTaskRun(ws.ctx(), { task_key, dynamic_key: randomUUID(), state, ...more })).body.id);
}

async function aWorker(clientId: string, keys = ["add"], api = apis[0]): Promise<SocketClient> {
  const worker = await SocketClient.withFrame(api, ws, PATH);
  worker.send({ type: "subscribe", keys, client_id: clientId });
  return worker;
}

/** Takes the next task that comes. */
async function take(worker: SocketClient): Promise<Record<string, unknown>> {
  await worker.until(() => worker.frames.length > 0);
  worker.send({ type: "ack" });
  return worker.frames.shift() ?? expect.fail("nothing came");
}

const queue = () =>
  base.db.query<{ id: string; holder: string | null; is_acked: boolean }>(
    sql`select task_run_id as id, holder, is_acked from queued_task where workspace_id = ${ws.workspaceId}::uuid`,
  );
const untilQueue = (holds: (rows: Awaited<ReturnType<typeof queue>>) => boolean) =>
  expect.poll(async () => holds(await queue()), { timeout: 10_000 }).toBe(true);
/** As if half a minute had gone by without a word of any worker. */
const letLeasesEnd = () =>
  base.db.query(sql`update queued_task set free_at = now() where workspace_id = ${ws.workspaceId}::uuid`);
const state = (id: string, type: string) => setTaskRunState(ws.ctx(), { id, state: { type }, force: true });

test("tasks are handed out in order, the next after the last was taken, whether they came before or after the worker", async () => {
  const early = [await delay(), await delay()];
  const worker = await aWorker("w");
  await worker.until(() => worker.frames.length === 1);
  await worker.confirmed();
  expect(worker.frames).toHaveLength(1);
  expect([(await take(worker)).id, (await take(worker)).id]).toEqual(early);
  const late = await delay();
  expect(await take(worker)).toMatchObject({
    id: late,
    state: { type: "SCHEDULED", state_details: { deferred: true } },
  });
});

/** PrefectHQ/prefect#21218. With Prefect's server 3.8.8 a worker at one replica gets no task that was queued at another. */
test("of many workers on two replicas, each task goes to one", async () => {
  const ids = await Promise.all(Array.from({ length: 60 }, () => delay()));
  const taken: unknown[] = [];
  const workers = await Promise.all(Array.from({ length: 6 }, (_, n) => aWorker(`w${n}`, ["add"], apis[n % 2])));
  for (const worker of workers) {
    worker.socket.on("message", (data) => {
      taken.push(JSON.parse(String(data)).id);
      worker.send({ type: "ack" });
    });
    for (const frame of worker.frames.splice(0)) {
      taken.push(frame.id);
      worker.send({ type: "ack" });
    }
  }
  await expect.poll(() => taken.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(60);
  expect([...taken].sort()).toEqual([...ids].sort());
});

test("a worker gets the tasks of its keys and workspace, and nobody else's", async () => {
  const [mine] = [await delay("b"), await delay("c")];
  const worker = await aWorker("w", ["a", "b"]);
  expect(await take(worker)).toMatchObject({ id: mine });
  await untilQueue((rows) => rows.some((row) => row.is_acked));
  await worker.confirmed();
  expect(worker.frames).toEqual([]);
});

test("a task that its worker did not take is the next one's at once", async () => {
  const id = await delay();
  const first = await aWorker("first");
  await first.until(() => first.frames.length === 1);
  first.socket.terminate();
  const second = await aWorker("second", ["add"], apis[1]);
  expect(await take(second)).toMatchObject({ id });
});

test("a task that was taken and did not start is another's when its worker stays away", async () => {
  const [waiting, claimed, started] = [await delay(), await delay(), await delay()];
  const first = await aWorker("first");
  for (const _ of [1, 2, 3]) await take(first);
  await untilQueue((rows) => rows.length === 3 && rows.every((row) => row.is_acked));
  await state(claimed, "PENDING");
  await state(started, "RUNNING");
  first.socket.terminate();
  await first.closed;
  await letLeasesEnd();
  const second = await aWorker("second");
  const again = [await take(second), await take(second)];
  expect(again.map(({ id }) => id).sort()).toEqual([waiting, claimed].sort());
  for (const { state } of again) {
    // The worker finds the task's parameters by this.
    expect(state).toMatchObject({ type: "SCHEDULED", state_details: { task_parameters_id: expect.any(String) } });
  }
  await second.confirmed();
  expect(second.frames).toEqual([]);
});

test("a worker that comes again keeps what it took, and what runs leaves the queue", async () => {
  const [waiting, started] = [await delay(), await delay()];
  const worker = await aWorker("w");
  await take(worker);
  await take(worker);
  await untilQueue((rows) => rows.length === 2 && rows.every((row) => row.is_acked));
  await state(started, "RUNNING");
  worker.socket.terminate();
  await worker.closed;
  await letLeasesEnd();
  await ws.ctx().store.queuedTasks.keep("w", ["add"], 30);
  expect(await queue()).toEqual([{ id: waiting, holder: "w", is_acked: true }]);
  expect(await ws.ctx().store.queuedTasks.claim(["add"], "other", 30)).toBeUndefined();
});

test("a task that is cancelled or deleted while it waits is not handed out", async () => {
  const [cancelled, deleted, id] = [await delay(), await delay(), await delay()];
  await state(cancelled, "CANCELLED");
  await deleteTaskRun(ws.ctx(), { id: deleted });
  const worker = await aWorker("w");
  expect(await take(worker)).toMatchObject({ id });
});

test("a client that lost the answer and asks again has queued one task", async () => {
  const dynamic_key = randomUUID();
  const [first, again] = [await delay("add", { dynamic_key }), await delay("add", { dynamic_key })];
  expect(again).toBe(first);
  expect(await queue()).toHaveLength(1);
});

test("connected workers are listed, by the keys that they serve", async () => {
  await aWorker("here", ["add", "sub"]);
  const gone = await aWorker("gone", ["mul"]);
  const list = async (task_keys?: string[]) => {
    const filter = task_keys && { task_worker_filter: { task_keys } };
    const { body } = await apis[1].call(ws, "POST", "/task_workers/filter", filter ?? {});
    return (body as { identifier: string; task_keys: string[] }[]).map(({ identifier }) => identifier);
  };
  await expect.poll(() => list()).toEqual(["gone", "here"]);
  expect(await list(["sub"])).toEqual(["here"]);
  gone.socket.close();
  await expect.poll(() => list()).toEqual(["here"]);
});

test.each([
  [{ type: "filter" }, "expected 'subscribe' message"],
  [{ type: "subscribe", client_id: "w" }, "expected 'keys' in subscribe message"],
  [{ type: "subscribe", keys: [] }, "expected 'keys' in subscribe message"],
  [{ type: "subscribe", keys: ["a"] }, "expected 'client_id' in subscribe message"],
  ["not json", "expected 'subscribe' message"],
])("the frame %j ends with 4001", async (frame, reason) => {
  const worker = await SocketClient.withFrame(apis[0], ws, PATH);
  worker.send(frame);
  expect(await worker.closed).toEqual({ code: 4001, reason: `Protocol violation: ${reason}` });
});

test("anything but an acknowledgement ends with 4001, and the task goes on", async () => {
  const id = await delay();
  const worker = await aWorker("w");
  await worker.until(() => worker.frames.length === 1);
  worker.send({ type: "nack" });
  expect(await worker.closed).toMatchObject({ code: 4001 });
  expect(await take(await aWorker("other"))).toMatchObject({ id });
});
