import { randomUUID } from "node:crypto";
import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
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

function anEvent(event = "test.happened", resource = `test.thing.${randomUUID()}`) {
  return {
    id: randomUUID(),
    occurred: new Date().toISOString(),
    event,
    resource: { "prefect.resource.id": resource },
    related: [],
    payload: {},
  };
}

async function stored(ids: string[]): Promise<number> {
  const { rows } = await database.db.hot.query<{ count: number }>(
    "select count(*)::int as count from event where workspace_id = $1 and id = any($2::uuid[])",
    [workspace.workspaceId, ids],
  );
  return rows[0]?.count ?? 0;
}

test("cloud mode: the key in a header, no protocol, the first frame is an event, and a pong means stored", async () => {
  const client = await SocketClient.withHeader(api, workspace, "/events/in");
  expect(client.socket.protocol).toBe("");
  for (let round = 0; round < 20; round += 1) {
    const events = Array.from({ length: 25 }, () => anEvent());
    for (const event of events) client.send(event);
    await client.confirmed();
    expect(await stored(events.map(({ id }) => id))).toBe(25);
  }
  expect(client.frames).toEqual([]);
  await client.end();
});

test("server mode: the protocol is taken, a ping is answered before anybody is known, then the key in a frame", async () => {
  const client = await SocketClient.unauthenticated(api, workspace, "/events/in");
  expect(client.socket.protocol).toBe("prefect");
  await client.confirmed();
  client.send({ type: "auth", token: workspace.apiKey });
  await client.until(() => client.frames.length > 0);
  expect(client.frames).toEqual([{ type: "auth_success" }]);
  const event = anEvent();
  client.send(event);
  await client.confirmed();
  expect(await stored([event.id])).toBe(1);
  await client.end();
});

test("events sent in one go with the auth frame are not lost", async () => {
  const client = await SocketClient.unauthenticated(api, workspace, "/events/in");
  const events = Array.from({ length: 10 }, () => anEvent());
  client.send({ type: "auth", token: workspace.apiKey });
  for (const event of events) client.send(event);
  await client.until(() => client.frames.length > 0);
  await client.confirmed();
  expect(await stored(events.map(({ id }) => id))).toBe(10);
  await client.end();
});

test("without a key, with a wrong one, or with another tenant's: refused", async () => {
  const other = await aWorkspace(database.services);
  const viewer = await aWorkspace(database.services, { role: "Viewer" });
  for (const key of ["pnu_wrong", other.apiKey]) {
    await expect(SocketClient.withHeader(api, workspace, "/events/in", key)).rejects.toThrow(/HTTP 40[14]|401|404/);
    const client = await SocketClient.unauthenticated(api, workspace, "/events/in");
    client.send({ type: "auth", token: key });
    expect((await client.closed).code).toBe(1008);
    expect(client.frames).toEqual([]);
  }
  await expect(SocketClient.withHeader(api, viewer, "/events/in")).rejects.toThrow(/HTTP 40[13]|401|403/);
  const nobody = await SocketClient.unauthenticated(api, workspace, "/events/in");
  nobody.send({ type: "auth", token: null });
  expect((await nobody.closed).code).toBe(1008);
  const rude = await SocketClient.unauthenticated(api, workspace, "/events/in");
  rude.send(anEvent());
  expect((await rude.closed).code).toBe(1002);
});

test("a bad event is dropped and those around it are stored", async () => {
  const client = await SocketClient.withHeader(api, workspace, "/events/in");
  const [before, after] = [anEvent(), anEvent()];
  client.send(before);
  client.send("not json");
  client.send("[]");
  client.send({ ...anEvent(), id: "no" });
  client.send({ ...anEvent(), occurred: "yesterday" });
  client.send({ ...anEvent(), resource: {} });
  client.send({ ...anEvent(), payload: { text: "\u0000" }, event: "test.nul" });
  client.send({ ...anEvent(), occurred: "1999-01-01T00:00:00Z", event: "test.ancient" });
  client.send({ ...anEvent(), occurred: "2999-01-01T00:00:00Z", event: "test.future" });
  client.send(after);
  await client.confirmed();
  expect(await stored([before.id, after.id])).toBe(2);
  expect(client.socket.readyState).toBe(client.socket.OPEN);
  await client.end();
});

test("an event that is sent again, over the same socket or another, is stored once", async () => {
  const [one, two] = [
    await SocketClient.withHeader(api, workspace, "/events/in"),
    await SocketClient.withHeader(api, workspace, "/events/in"),
  ];
  const events = Array.from({ length: 50 }, () => anEvent("test.repeated"));
  for (const event of events) for (const client of [one, two, one]) client.send(event);
  await Promise.all([one.confirmed(), two.confirmed()]);
  expect(await stored(events.map(({ id }) => id))).toBe(50);
  await Promise.all([one.end(), two.end()]);
});

test("ten thousand events over one socket all arrive", async () => {
  const client = await SocketClient.withHeader(api, workspace, "/events/in");
  const events = Array.from({ length: 10_000 }, () => anEvent("test.many"));
  for (const event of events) client.send(event);
  await client.confirmed();
  expect(await stored(events.map(({ id }) => id))).toBe(10_000);
  await client.end();
});
