import { createWorkPool, deleteWorkPool, readWorkPool, updateWorkPool } from "@weir/operations";
import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ChannelClient } from "./test-channel.ts";
import { SocketClient } from "./test-socket.ts";

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

const TEMPLATE = {
  job_configuration: { command: "{{ command }}" },
  variables: { type: "object", properties: { command: { type: "string", default: "1.0" } } },
};
const pool = (name: string) => readWorkPool(ws.ctx(), { work_pool_name: name });
const aPool = (name: string, more: Record<string, unknown> = {}) =>
  createWorkPool(ws.ctx(), { name, type: "process", base_job_template: TEMPLATE, ...more });

async function workers(name: string) {
  const { body } = await apis[1].call(ws, "POST", `/work_pools/${name}/workers/filter`, {});
  return body as { id: string; name: string; status: string; last_heartbeat_time: string; metadata_: unknown }[];
}

test("a worker that connects makes its pool, is online, and is told who it is and how its pool stands", async () => {
  const name = "all & new: ü?#";
  const { worker, ready } = await ChannelClient.ready(apis[0], ws, "new pool", {
    create_pool_if_not_found: true,
    default_base_job_template: TEMPLATE,
    worker_metadata: { integrations: [{ name, version: "1" }] },
  });
  const [row] = await workers("new pool");
  expect(row).toMatchObject({ name: "w", status: "ONLINE", metadata_: { integrations: [{ name, version: "1" }] } });
  expect(ready).toMatchObject({
    consumer_id: worker.consumerId,
    worker_id: row?.id,
    selected_channel_version: "work_pool_worker_channel.v1",
    effective_heartbeat_interval_seconds: 30,
    accepted_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
    rejected_capabilities: [],
    effective_max_cleanup_concurrency: 0,
    resolved_work_queues: [{ name: "default" }],
    initial_snapshot: { snapshot_sequence: 1, reason: "initial" },
  });
  const { body } = await apis[1].call(ws, "GET", "/work_pools/new%20pool");
  expect(body).toMatchObject({ type: "process", status: "READY", base_job_template: TEMPLATE });
  expect((ready.initial_snapshot as Record<string, unknown>).work_pool).toEqual(body);
});

test("an empty template is filled with the worker's, and another stays as it is", async () => {
  await aPool("empty", { base_job_template: {} });
  await aPool("filled");
  const theirs = { ...TEMPLATE, variables: { ...TEMPLATE.variables, description: "theirs" } };
  for (const [name, expected] of [
    ["empty", theirs],
    ["filled", TEMPLATE],
  ] as const) {
    const { ready } = await ChannelClient.ready(apis[0], ws, name, { default_base_job_template: theirs });
    expect(ready.initial_snapshot).toMatchObject({ work_pool: { base_job_template: expected } });
  }
});

test("of workers that make one pool at once, all get in", async () => {
  const hello = { create_pool_if_not_found: true, default_base_job_template: TEMPLATE };
  const all = await Promise.all(
    [0, 1, 2, 3].map((n) => ChannelClient.ready(apis[n % 2] ?? apis[0], ws, "shared", hello, `w${n}`)),
  );
  expect(new Set(all.map(({ ready }) => ready.worker_id)).size).toBe(4);
  expect(await workers("shared")).toHaveLength(4);
});

test("heartbeats that come through the channel are the worker's heartbeats", async () => {
  await aPool("p");
  const { worker } = await ChannelClient.ready(apis[0], ws, "p");
  const [before] = await workers("p");
  worker.beat();
  await expect.poll(async () => (await workers("p"))[0]?.last_heartbeat_time).not.toBe(before?.last_heartbeat_time);
  expect((await pool("p")).status).toBe("READY");
});

test("a worker is told of each change of its pool that it acts on, by whatever replica, and of no other", async () => {
  await aPool("p");
  await aPool("another");
  const { worker } = await ChannelClient.ready(apis[0], ws, "p");
  const patch = async (changes: Record<string, unknown>, name = "p") =>
    expect((await apis[1].call(ws, "PATCH", `/work_pools/${name}`, changes)).status).toBe(204);
  const [filled, stored] = [
    { ...TEMPLATE, variables: { ...TEMPLATE.variables, title: "new" } },
    { bundle_upload_step: { up: "1.0" }, bundle_execution_step: null },
  ];
  let sequence = 1;
  for (const change of [
    { is_paused: true },
    { is_paused: false },
    { concurrency_limit: 3 },
    { concurrency_limit: null },
    { base_job_template: filled },
    { storage_configuration: stored },
  ]) {
    await patch({ description: `before ${sequence}` });
    await patch({ is_paused: true }, "another");
    await patch(change);
    const snapshot = await worker.next("work_pool.snapshot.v1");
    sequence += 1;
    expect(snapshot).toMatchObject({ snapshot_sequence: sequence, work_pool: { name: "p", ...change } });
  }
});

test("changes that come together are told together, and the last one is never lost", async () => {
  await aPool("p");
  const { worker } = await ChannelClient.ready(apis[0], ws, "p");
  for (let limit = 1; limit <= 20; limit += 1)
    await updateWorkPool(ws.ctx(), { work_pool_name: "p", concurrency_limit: limit });
  const seen: unknown[] = [];
  while ((seen.at(-1) as { concurrency_limit?: number })?.concurrency_limit !== 20)
    seen.push((await worker.next("work_pool.snapshot.v1")).work_pool);
  expect(seen.length).toBeLessThan(20);
});

test("a worker whose pool is deleted is sent away, whichever replica deletes it", async () => {
  await aPool("p");
  const { worker } = await ChannelClient.ready(apis[0], ws, "p");
  await apis[1].call(ws, "DELETE", "/work_pools/p");
  expect(await worker.ended()).toBe("1008 authorization_failed");
  await aPool("p");
  const { worker: other } = await ChannelClient.ready(apis[0], ws, "p");
  await deleteWorkPool(ws.ctx(), { work_pool_name: "p" });
  other.beat();
  expect(await other.ended()).toBe("1008 authorization_failed");
});

const many = "x".repeat(1_048_576);
test.each<[string, Record<string, unknown>, string]>([
  ["names a version that we do not speak", { supported_channel_versions: ["v2"] }, "1008 unsupported_version"],
  ["asks for too little", { requested_capabilities: ["worker_heartbeat.v1"] }, "1002 protocol_error"],
  ["takes clean-ups without asking", { max_cleanup_concurrency: 1 }, "1002 protocol_error"],
  ["says more than there is to say", { extra: 1 }, "1002 protocol_error"],
  ["leaves out who it is", { consumer_id: undefined }, "1002 protocol_error"],
  ["never beats", { heartbeat_interval_seconds: 0 }, "1002 protocol_error"],
  ["says too much", { worker_name: many }, "1002 protocol_error"],
  ["cannot be stored", { worker_name: "a\u0000b" }, "1002 protocol_error"],
  ["names a queue that is not there", { work_queue_names: ["default", "none"] }, "1008 authorization_failed"],
])("a worker that %s is sent away", async (_, hello, ended) => {
  await aPool("p");
  const worker = await ChannelClient.connect(apis[0], ws, "p");
  worker.hello(hello);
  expect(await worker.ended()).toBe(ended);
  expect(await workers("p")).toEqual([]);
});

test.each<[string, string, Record<string, unknown>]>([
  ["may not make", "missing", {}],
  [
    "would make with a queue that it will not have",
    "missing",
    { create_pool_if_not_found: true, work_queue_names: ["q"] },
  ],
  ["may not make, for its name is ours", "Prefect-x", { create_pool_if_not_found: true }],
])("a pool that a worker %s is not for it", async (_, name, hello) => {
  const worker = await ChannelClient.connect(apis[0], ws, name);
  worker.hello(hello);
  expect(await worker.ended()).toBe("1008 authorization_failed");
  await expect(pool(name)).rejects.toMatchObject({ code: "missing" });
});

test("a template that is none makes no pool", async () => {
  const worker = await ChannelClient.connect(apis[0], ws, "p");
  worker.hello({ create_pool_if_not_found: true, default_base_job_template: { job_configuration: {} } });
  expect(await worker.ended()).toBe("1002 protocol_error");
  await expect(pool("p")).rejects.toMatchObject({ code: "missing" });
});

const frame = { id: "01a20e0d-48bb-791a-86ba-293913ea8829", sent_at: "2026-11-24T12:00:00Z" };
test.each<[string, unknown]>([
  ["no JSON", "not json"],
  ["no object", "[]"],
  ["a frame of no type", { ...frame, type: "worker.bye.v1", payload: {} }],
  ["another's frame", { ...frame, type: "work_pool.snapshot.v1", payload: {} }],
  ["a frame without an id", { type: "worker.heartbeat.v1", sent_at: frame.sent_at, payload: {} }],
  [
    "a release without a reason",
    { ...frame, type: "cleanup.release.v1", payload: { message_id: frame.id, reservation_token: "t" } },
  ],
  ["too much", many + many],
])("%s ends a channel", async (_, sent) => {
  await aPool("p");
  const { worker } = await ChannelClient.ready(apis[0], ws, "p");
  worker.socket.send(sent);
  expect(await worker.ended()).toBe("1002 protocol_error");
});

test.each<[string, (worker: ChannelClient) => unknown]>([
  ["introduces itself again", (worker) => worker.hello()],
  ["beats for another", (worker) => worker.beat({ worker_name: "other" })],
  ["beats as another", (worker) => worker.beat({ consumer_id: frame.id })],
])("a worker that %s is sent away", async (_, say) => {
  await aPool("p");
  const { worker } = await ChannelClient.ready(apis[0], ws, "p");
  say(worker);
  expect(await worker.ended()).toBe("1002 protocol_error");
  expect((await workers("p")).map(({ name }) => name)).toEqual(["w"]);
});

test("who has no key, none for here, or no leave to be a worker, is told so", async () => {
  await aPool("p");
  const path = "/work_pools/p/workers/connect";
  const ended = async (first: unknown, workspace = ws) => {
    const socket = await SocketClient.unauthenticated(apis[0], workspace, path);
    socket.send(first);
    const { code, reason } = await socket.closed;
    return `${code} ${reason}`;
  };
  const [viewer, stranger] = [await aWorkspace(base.services, { role: "Viewer" }), await aWorkspace(base.services)];
  expect(await ended({ type: "auth", token: null })).toBe("1008 authentication_failed");
  expect(await ended({ type: "auth", token: stranger.apiKey })).toBe("1008 authentication_failed");
  expect(await ended({ type: "filter" })).toBe("1008 authentication_failed");
  expect(await ended({ type: "auth", token: viewer.apiKey }, viewer)).toBe("1008 authorization_failed");
  const bare = await SocketClient.withHeader(apis[0], ws, path);
  expect(await bare.closed).toEqual({ code: 1008, reason: "authentication_failed" });
});

test("when the API ends, workers come again: the channel is closed for a restart", async () => {
  const api = await startTestApi(base.services);
  await aPool("p");
  const { worker } = await ChannelClient.ready(api, ws, "p");
  await api.close();
  expect(await worker.ended()).toBe("1012 Restarting");
});
