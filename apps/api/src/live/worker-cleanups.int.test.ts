import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { createWorkPool, createWorkQueue, deleteWorkQueue, filterLogs, reconcileCleanups } from "@weir/operations";
import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ChannelClient, leftBehind } from "./test-channel.ts";

type Message = Record<string, unknown>;

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
  await createWorkPool(ws.ctx(), { name: "p", type: "process" });
});
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()));
  await base.drop();
});

const cleaner = (hello: Record<string, unknown> = {}, api = apis[0]) => ChannelClient.cleaner(api, ws, "p", hello);
const given = (worker: ChannelClient): Promise<Message> => worker.next("cleanup.message.v1");
const leave = (options: Parameters<typeof leftBehind>[3] = {}) => leftBehind(base, ws, "p", options);
const rows = () =>
  base.db.query<{ id: string; outcome: string | null; deliveries: number; target: unknown }>(sql`
    select id, outcome, deliveries, target from cleanup_message where workspace_id = ${ws.workspaceId}::uuid order by created`);
/** As if so many seconds had gone by for what waits or is reserved. */
const pass = (seconds: number) =>
  base.db.query(sql`
    update cleanup_message set free_at = free_at - make_interval(secs => ${seconds}) where workspace_id = ${ws.workspaceId}::uuid`);
/** Nothing came up to now: what was asked before this has been answered. */
async function nothing(worker: ChannelClient): Promise<void> {
  worker.beat();
  await worker.settle("ack", { message_id: randomUUID(), reservation_token: "none" });
  expect(worker.socket.frames.filter(({ type }) => type === "cleanup.message.v1")).toEqual([]);
}

test("what a run that would not stop leaves behind is given to a worker of its pool, and once it is done to nobody again", async () => {
  const early = await leave();
  const worker = await cleaner();
  const first = await given(worker);
  expect(first).toEqual({
    message_id: expect.any(String),
    kind: "cancelling_timeout_teardown.v1",
    reservation_token: expect.any(String),
    lease_expires_at: expect.any(String),
    delivery_count: 1,
    work_queue_id: expect.any(String),
    target: { flow_run_id: early[0], infrastructure_pid: "host:1" },
    data: {},
  });
  const lease = Date.parse(String(first.lease_expires_at)) - Date.now();
  expect(lease).toBeGreaterThan(25_000);
  expect(lease).toBeLessThanOrEqual(30_000);
  expect(await worker.settle("ack", first)).toMatchObject({ operation: "ack", status: "accepted", reason: null });
  const late = await leave({ pid: null });
  const second = await given(worker);
  expect(second.target).toEqual({ flow_run_id: late[0], infrastructure_pid: null });
  await worker.settle("ack", second);
  expect(await worker.settle("ack", second)).toMatchObject({ status: "not_found", reason: "message_not_found" });
  await pass(3600);
  await reconcileCleanups(base.services);
  await nothing(await cleaner({}, apis[1]));
  expect((await rows()).map(({ outcome, deliveries }) => [outcome, deliveries])).toEqual([
    ["acked", 1],
    ["acked", 1],
  ]);
});

test("a run leaves one message, however many look, and none where no worker could be told", async () => {
  await createWorkPool(ws.ctx(), { name: "pushed", type: "ecs:push" });
  await leftBehind(base, ws, "pushed");
  expect(await rows()).toEqual([]);
  await leave();
  expect(await rows()).toHaveLength(1);
});

test("a run of a limited deployment leaves its message and its slot, together", async () => {
  await leave({ limit: 1 });
  expect(await rows()).toHaveLength(1);
  const limits = await base.db.query(sql`
    select active_slots, denied_slots, version from concurrency_limit where workspace_id = ${ws.workspaceId}::uuid`);
  // Taken once, given back once.
  expect(limits).toEqual([{ active_slots: 0, denied_slots: 0, version: 2 }]);
});

test("of many workers on two replicas, each message goes to one, and no worker has more than it takes", async () => {
  const runs = await leave({ runs: 12 });
  const open = await Promise.all([0, 1, 2, 3].map((n) => cleaner({ max_cleanup_concurrency: 2 }, apis[n % 2])));
  const done: unknown[] = [];
  const work = async (worker: ChannelClient) => {
    while (done.length < runs.length) {
      await expect
        .poll(() => done.length === runs.length || worker.socket.frames.length > 0, { timeout: 10_000 })
        .toBe(true);
      if (done.length === runs.length) return;
      expect(worker.socket.frames.length).toBeLessThanOrEqual(2);
      const message = await given(worker);
      expect(await worker.settle("ack", message)).toMatchObject({ status: "accepted" });
      done.push((message.target as Message).flow_run_id);
    }
  };
  await Promise.all(open.map(work));
  expect([...done].sort()).toEqual([...runs].sort());
  expect((await rows()).map(({ deliveries, outcome }) => [deliveries, outcome])).toEqual(runs.map(() => [1, "acked"]));
});

test("a worker that names queues is given what comes to these, and one of another kind nothing", async () => {
  await createWorkQueue(ws.ctx(), { work_pool_name: "p", name: "gpu" });
  const [named, none] = [
    await cleaner({ work_queue_names: ["gpu"] }),
    await cleaner({ handled_cleanup_kinds: ["pending_claim_teardown.v1"] }),
  ];
  await leave();
  const [run] = await leave({ queue: "gpu" });
  expect(await given(named)).toMatchObject({ target: { flow_run_id: run } });
  await nothing(none);
  const whole = await cleaner({ max_cleanup_concurrency: 9 }, apis[1]);
  await given(whole);
  await nothing(whole);
});

test("what waits for a queue that is deleted waits for the default one", async () => {
  await createWorkQueue(ws.ctx(), { work_pool_name: "p", name: "gpu" });
  const [run] = await leave({ queue: "gpu" });
  await deleteWorkQueue(ws.ctx(), { work_pool_name: "p", work_queue_name: "gpu" });
  expect(await given(await cleaner({ work_queue_names: ["default"] }))).toMatchObject({ target: { flow_run_id: run } });
});

test("a worker keeps what it was given as long as it says so, and another has it when its lease ends", async () => {
  await leave();
  const both = [await cleaner(), await cleaner({}, apis[1])];
  const has = ({ socket }: ChannelClient) => socket.frames.length > 0;
  await expect.poll(() => both.filter(has)).toHaveLength(1);
  const [holder, other] = both.sort((one) => (has(one) ? -1 : 1)) as [ChannelClient, ChannelClient];
  const message = await given(holder);
  await pass(20);
  const renewed = await holder.settle("renew", message);
  expect(renewed).toMatchObject({ status: "accepted", reason: null });
  expect(Date.parse(String(renewed.lease_expires_at))).toBeGreaterThan(Date.now() + 25_000);
  await pass(20);
  await reconcileCleanups(base.services);
  await nothing(other);
  await pass(15);
  await reconcileCleanups(base.services);
  const again = await given(other);
  expect(again).toMatchObject({ message_id: message.message_id, delivery_count: 2 });
  // The first one's word no longer counts, whatever it says.
  for (const operation of ["ack", "renew", "release"]) {
    const answer = await holder.settle(operation, message, operation === "release" ? { reason: "x" } : {});
    expect(answer).toMatchObject({ operation, status: "invalid_token", lease_expires_at: null });
  }
  expect(await other.settle("ack", again)).toMatchObject({ status: "accepted" });
});

test("a worker that lost its lease and nobody else took it is told so, and may have it again", async () => {
  await leave();
  const worker = await cleaner();
  const message = await given(worker);
  await pass(35);
  expect(await worker.settle("ack", message)).toMatchObject({ status: "expired", reason: "lease_expired" });
  await pass(10);
  worker.beat();
  expect(await given(worker)).toMatchObject({ message_id: message.message_id, delivery_count: 2 });
});

test("what a worker gives back is another's at once, and its own again only later", async () => {
  await leave();
  const first = await cleaner();
  const message = await given(first);
  const reason = "infrastructure_not_available";
  expect(await first.settle("release", message, { reason })).toMatchObject({ status: "accepted" });
  expect(await first.settle("release", message, { reason })).toMatchObject({ status: "not_current" });
  await nothing(first);
  await pass(10);
  first.beat();
  const again = await given(first);
  expect(again).toMatchObject({ message_id: message.message_id, delivery_count: 2 });
  const second = await cleaner({}, apis[1]);
  await first.settle("release", again, { reason });
  expect(await given(second)).toMatchObject({ message_id: message.message_id, delivery_count: 3 });
});

test("after three vain deliveries nobody is given it again, and the run's log says so", async () => {
  const [released, expired] = await leave({ runs: 2 });
  const worker = await cleaner({ max_cleanup_concurrency: 2 });
  for (let delivery = 1; delivery <= 3; delivery += 1) {
    const messages = [await given(worker), await given(worker)];
    expect(messages.map(({ delivery_count }) => delivery_count)).toEqual([delivery, delivery]);
    const toRelease = messages.find(({ target }) => (target as Message).flow_run_id === released) ?? {};
    const answer = await worker.settle("release", toRelease, { reason: "unsupported_worker_type" });
    expect(answer.status).toBe(delivery === 3 ? "dead_lettered" : "accepted");
    await pass(41);
    await reconcileCleanups(base.services);
    worker.beat();
  }
  await nothing(worker);
  expect((await rows()).map(({ outcome }) => outcome)).toEqual(["dead_lettered", "dead_lettered"]);
  const logged = async (flow_run_id = "") =>
    (
      await filterLogs(ws.ctx(), {
        logs: { flow_run_id: { any_: [flow_run_id] } },
        sort: "TIMESTAMP_ASC",
        limit: 9,
        offset: 0,
      })
    ).map(({ message }) => String(message));
  expect(await logged(released)).toEqual([
    expect.stringMatching(/"host:1".*unsupported_worker_type.*may still be running/),
  ]);
  expect(await logged(expired)).toEqual([expect.stringMatching(/"host:1".*any worker\. It may still be running/)]);
});

test("a message is not another pool's, nor another tenant's, whatever token is guessed", async () => {
  await createWorkPool(ws.ctx(), { name: "other", type: "process" });
  await leave();
  const message = await given(await cleaner());
  const near = await ChannelClient.cleaner(apis[0], ws, "other");
  expect(await near.settle("ack", message)).toMatchObject({ status: "unauthorized", reason: "work_pool_mismatch" });
  const spy = await aWorkspace(base.services);
  await createWorkPool(spy.ctx(), { name: "p", type: "process" });
  const far = await ChannelClient.cleaner(apis[0], spy, "p");
  expect(await far.settle("ack", message)).toMatchObject({ status: "not_found" });
  await nothing(far);
});

test("a worker that takes no clean-ups is given none, and settles none", async () => {
  await leave();
  const { worker, ready } = await ChannelClient.ready(apis[0], ws, "p", {
    requested_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1", "later.v1"],
  });
  expect(ready).toMatchObject({
    rejected_capabilities: ["cleanup_delivery.v1", "later.v1"],
    effective_max_cleanup_concurrency: 0,
  });
  expect(await worker.settle("ack", { message_id: randomUUID(), reservation_token: "t" })).toMatchObject({
    status: "unauthorized",
    reason: "cleanup_delivery_not_accepted",
  });
  await nothing(worker);
});
