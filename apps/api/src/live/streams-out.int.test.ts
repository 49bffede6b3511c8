import { randomUUID } from "node:crypto";
import {
  aFlowRun,
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { SocketClient } from "./test-socket.ts";

let database: TestDatabase;
let api: TestApi;
let workspace: TestWorkspace;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
  workspace = await aWorkspace(database.services);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

function anEvent(event: string, resource: string, related: Record<string, string>[] = []) {
  const id = randomUUID();
  const occurred = new Date().toISOString();
  return { id, occurred, event, resource: { "prefect.resource.id": resource }, related, payload: { n: 1.0 } };
}

async function post(events: unknown[], into = workspace): Promise<void> {
  expect((await api.call(into, "POST", "/events", events)).status).toBe(204);
}

async function reader(filter: unknown, path = "/events/out", extra: object = {}): Promise<SocketClient> {
  const client = await SocketClient.withFrame(api, workspace, path);
  client.send({ type: "filter", filter, ...extra });
  return client;
}

/** Ids of the events that came. */
const ids = (client: SocketClient) => client.frames.map(({ event }) => (event as { id: string }).id);

/** The moment from which a stream is known to be listening: an event of its own comes through. */
async function listening(client: SocketClient, resource: string): Promise<void> {
  for (let tries = 0; client.frames.length === 0; tries += 1) {
    await post([anEvent("test.mark", resource)]);
    await client
      .until(() => client.frames.length > 0, 400)
      .catch((error) => {
        if (tries > 20) throw error;
      });
  }
  await client.until(() => client.frames.length >= 1);
}

describe("handshake", () => {
  test("anything but auth first is 1002, a bad key 1008, anything but a filter second 1002", async () => {
    for (const path of ["/events/out", "/logs/out"]) {
      const rude = await SocketClient.unauthenticated(api, workspace, path);
      rude.send({ type: "filter", filter: {} });
      expect((await rude.closed).code).toBe(1002);

      const stranger = await SocketClient.unauthenticated(api, workspace, path);
      stranger.send({ type: "auth", token: "pnu_wrong" });
      const { code, reason } = await stranger.closed;
      expect([code, reason.length > 0]).toEqual([1008, true]);

      const nobody = await SocketClient.unauthenticated(api, workspace, path);
      nobody.send({ type: "auth", token: null });
      expect((await nobody.closed).code).toBe(1008);

      const other = await aWorkspace(database.services);
      const foreign = await SocketClient.unauthenticated(api, workspace, path);
      foreign.send({ type: "auth", token: other.apiKey });
      expect((await foreign.closed).code).toBe(1008);

      const hasty = await SocketClient.withFrame(api, workspace, path);
      hasty.send({ type: "subscribe" });
      expect(await hasty.closed).toEqual({ code: 1002, reason: "Expected 'filter' message" });

      const wrong = await SocketClient.withFrame(api, workspace, path);
      wrong.send({ type: "filter", filter: path === "/events/out" ? { occurred: 7 } : { level: "high" } });
      const told = await wrong.closed;
      expect([told.code, told.reason.startsWith("Invalid filter")]).toEqual([1002, true]);
    }
  });

  test("a token may be sent as server mode sends it", async () => {
    const client = await SocketClient.withFrame(api, workspace, "/events/out", `${workspace.apiKey}`);
    expect(client.socket.protocol).toBe("prefect");
    await client.end();
  });
});

test("events are filtered by name, resource and related resource, and come as they were sent", async () => {
  const resource = `test.filter.${randomUUID()}`;
  const run = `prefect.flow-run.${randomUUID()}`;
  const related = [{ "prefect.resource.id": run, "prefect.resource.role": "flow-run" }];
  const wanted = [
    anEvent("test.a", resource),
    anEvent("test.b", resource),
    anEvent("test.a", `${resource}.other`, related),
    anEvent("other.a", resource, related),
  ] as const;
  const readers = {
    all: await reader({ any_resource: { id_prefix: [resource] } }),
    byName: await reader({ event: { prefix: ["test."] }, resource: { id: [resource] } }),
    byRelated: await reader({ related: { id: [run], role: ["flow-run"] } }),
    exact: await reader({ event: { name: ["test.b"] }, resource: { id_prefix: [resource] } }),
  };
  await listening(readers.all, resource);
  const marks = new Set(ids(readers.all));
  await post([...wanted]);
  const seen = (client: SocketClient) => ids(client).filter((id) => wanted.some((event) => event.id === id));
  await readers.all.until(() => seen(readers.all).length === 4);
  await readers.byName.until(() => seen(readers.byName).length === 2);
  await readers.byRelated.until(() => seen(readers.byRelated).length === 2);
  await readers.exact.until(() => seen(readers.exact).length === 1);
  expect(new Set(seen(readers.byName))).toEqual(new Set([wanted[0].id, wanted[1].id]));
  expect(new Set(seen(readers.byRelated))).toEqual(new Set([wanted[2].id, wanted[3].id]));
  expect(seen(readers.exact)).toEqual([wanted[1].id]);
  expect(marks.size).toBeGreaterThan(0);
  const frame = readers.exact.frames.find(({ event }) => (event as { id: string }).id === wanted[1].id);
  expect(frame).toMatchObject({ type: "event", event: { ...wanted[1], received: expect.any(String) } });
  for (const client of Object.values(readers)) await client.end();
});

test("nothing of another workspace comes through", async () => {
  const other = await aWorkspace(database.services);
  const resource = `test.wall.${randomUUID()}`;
  const client = await reader({ resource: { id_prefix: [resource] } });
  await listening(client, resource);
  const mine = anEvent("test.mine", resource);
  await post([anEvent("test.theirs", resource)], other);
  await post([mine]);
  await client.until(() => ids(client).includes(mine.id));
  expect(client.frames.some(({ event }) => (event as { event: string }).event === "test.theirs")).toBe(false);
  await client.end();
});

test("stored events come first, then live ones: none twice, none left out, while four writers write", async () => {
  const resource = `test.gap.${randomUUID()}`;
  const sent: string[] = [];
  let writing = true;
  const writer = async () => {
    while (writing) {
      const events = Array.from({ length: 7 }, () => anEvent("test.gap", resource));
      await post(events);
      sent.push(...events.map(({ id }) => id));
    }
  };
  const since = new Date(Date.now() - 60_000).toISOString();
  const writers = Array.from({ length: 4 }, writer);
  const readers: SocketClient[] = [];
  for (let n = 0; n < 6; n += 1) {
    const before = sent.length;
    while (sent.length < before + 300) await new Promise((resolve) => setImmediate(resolve));
    readers.push(await reader({ resource: { id: [resource] }, occurred: { since } }));
  }
  const atLast = sent.length;
  while (sent.length < atLast + 300) await new Promise((resolve) => setImmediate(resolve));
  writing = false;
  await Promise.all(writers);
  for (const client of readers) {
    await client.until(() => client.frames.length >= sent.length);
    expect(new Set(ids(client))).toEqual(new Set(sent));
    expect(client.frames.length).toBe(sent.length);
    await client.end();
  }
});

test("without backfill only what comes later is sent; a filter may ask for less than a quarter of an hour", async () => {
  const resource = `test.late.${randomUUID()}`;
  const old = { ...anEvent("test.old", resource), occurred: new Date(Date.now() - 20 * 60_000).toISOString() };
  const recent = { ...anEvent("test.recent", resource), occurred: new Date(Date.now() - 5 * 60_000).toISOString() };
  const filter = { resource: { id: [resource] } };
  // Once one reader has had them, they are news to nobody.
  const first = await reader(filter);
  await listening(first, resource);
  await post([old, recent]);
  await first.until(() => ids(first).includes(recent.id));
  await first.end();
  const since = (minutes: number) => ({
    ...filter,
    occurred: { since: new Date(Date.now() - minutes * 60_000).toISOString() },
  });
  const long = await reader(since(60));
  await listening(long, resource);
  const short = await reader(since(1));
  await short.until(() => short.frames.length > 0);
  const none = await reader(since(60), "/events/out", { backfill: false });
  await listening(none, resource);
  await long.until(() => ids(long).length > 1);
  expect(ids(long)).toContain(recent.id);
  expect(ids(long)).not.toContain(old.id);
  expect(ids(short)).not.toContain(recent.id);
  expect(ids(none)).not.toContain(recent.id);
  for (const client of [long, short, none]) await client.end();
});

test("a state is readable before its event comes", async () => {
  const run = await aFlowRun(workspace);
  // The run's first event may be older than the stream: it is asked for, so that its coming says that the stream is there.
  const occurred = { since: new Date(Date.now() - 60_000).toISOString() };
  const client = await reader({ occurred, resource: { id: [`prefect.flow-run.${run}`] } });
  await client.until(() => client.frames.length > 0);
  for (const type of ["RUNNING", "COMPLETED"]) {
    const before = client.frames.length;
    await api.call(workspace, "POST", `/flow_runs/${run}/set_state`, { state: { type }, force: false });
    await client.until(() => client.frames.length > before);
    const { body } = await api.call(workspace, "GET", `/flow_runs/${run}`);
    expect((body as { state_type: string }).state_type).toBe(type);
  }
  await client.end();
});

test("log lines of a run come as they are stored, and no others", async () => {
  const [run, other] = [await aFlowRun(workspace), await aFlowRun(workspace)];
  const client = await reader({ flow_run_id: { any_: [run] }, level: { ge_: 20 } }, "/logs/out");
  const line = (flowRunId: string, message: string, level = 20) => ({
    name: "test",
    level,
    message,
    timestamp: new Date().toISOString(),
    flow_run_id: flowRunId,
  });
  const messages = () => client.frames.map(({ log }) => (log as { message: string }).message);
  for (let tries = 0; !messages().includes("mark"); tries += 1) {
    expect(tries).toBeLessThan(50);
    await api.call(workspace, "POST", "/logs/", [line(run, "mark")]);
    await client.until(() => messages().includes("mark"), 400).catch(() => undefined);
  }
  const wanted = Array.from({ length: 300 }, (_, n) => `line ${n}`);
  for (let n = 0; n < 300; n += 50) {
    await api.call(workspace, "POST", "/logs/", [
      ...wanted.slice(n, n + 50).map((message) => line(run, message)),
      line(run, "quiet", 10),
      line(other, "of another run"),
    ]);
  }
  await client.until(() => wanted.every((message) => messages().includes(message)));
  expect(
    messages()
      .filter((message) => message !== "mark")
      .sort(),
  ).toEqual([...wanted].sort());
  expect(client.frames[0]).toMatchObject({ type: "log", log: { id: expect.any(String), flow_run_id: run } });
  await client.end();
});

test("who follows a run's lines and was cut off gets those of the last minute too, once, though no other comes", async () => {
  const run = await aFlowRun(workspace);
  const line = (message: string, secondsAgo: number) => ({
    ...{ name: "test", level: 20, message, flow_run_id: run },
    timestamp: new Date(Date.now() - secondsAgo * 1_000).toISOString(),
  });
  const follow = () => {
    const timestamp = { after_: new Date(Date.now() - 60_000).toISOString() };
    return reader({ flow_run_id: { any_: [run] }, timestamp }, "/logs/out");
  };
  const before = await follow();
  await api.call(workspace, "POST", "/logs/", [line("long ago", 90), line("meanwhile", 20), line("just now", 0)]);
  // By then everybody who listens was told of them.
  await before.until(() => before.frames.length === 2);
  await before.end();
  const client = await follow();
  const messages = () => client.frames.map(({ log }) => (log as { message: string }).message);
  await client.until(() => messages().length === 2);
  await api.call(workspace, "POST", "/logs/", [line("from here on", 0)]);
  await client.until(() => messages().includes("from here on"));
  expect(messages()).toEqual(["meanwhile", "just now", "from here on"]);
  await client.end();
});

test("who comes back while the process stops finds the door shut, and does not keep it", async () => {
  const second = await startTestApi(database.services);
  const client = await SocketClient.withFrame(second, workspace, "/events/out");
  const again = client.closed.then(
    () =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${second.workspaceUrl(workspace).replace("http", "ws")}/events/out`, ["prefect"]);
        socket.once("error", resolve);
        socket.once("open", () => resolve("was let in"));
      }),
  );
  await second.close();
  expect(await again).toMatchObject({ code: "ECONNREFUSED" });
});

test("at shutdown every socket is told to come back: 1012, never 1000", async () => {
  const second = await startTestApi(database.services);
  const clients = [
    await SocketClient.withFrame(second, workspace, "/events/out"),
    await SocketClient.withFrame(second, workspace, "/logs/out"),
    await SocketClient.withHeader(second, workspace, "/events/in"),
    await SocketClient.withFrame(second, workspace, "/events/in"),
    await SocketClient.unauthenticated(second, workspace, "/events/out"),
  ];
  clients[0]?.send({ type: "filter", filter: {} });
  const started = performance.now();
  await second.close();
  for (const client of clients) expect((await client.closed).code).toBe(1012);
  expect(performance.now() - started).toBeLessThan(5_000);
});
