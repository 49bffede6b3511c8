import { randomBytes, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { userApiKey } from "@weir/auth";
import { createApiKey, createWorkPool, revokeApiKey } from "@weir/operations";
import { aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { buildApp } from "../../apps/api/src/app.ts";
import { fingerprint } from "./harness/fingerprint.ts";

const CHANNEL = "/work_pools/theirs/workers/connect";
const sockets = ["/events/in", "/events/out", "/logs/out", "/task_runs/subscriptions/scheduled", CHANNEL] as const;

let database: TestDatabase;
let closed: FastifyInstance;
let trusting: FastifyInstance;
let ada: TestWorkspace;
let mallory: TestWorkspace;

beforeAll(async () => {
  database = await testDatabase();
  closed = await buildApp(database.services);
  trusting = await buildApp(database.services, { trustLoopback: true });
  await Promise.all([closed, trusting].map((app) => app.listen({ host: "127.0.0.1", port: 0 })));
  ada = await aWorkspace(database.services);
  mallory = await aWorkspace(database.services);
});

afterAll(async () => {
  await Promise.all([closed.close(), trusting.close()]);
  await database.drop();
});

/** What became of a socket that sent this auth frame: its close code, `auth_success`, or the status of a refused upgrade. */
function enter(
  app: FastifyInstance,
  workspace: TestWorkspace,
  path: string,
  frame: unknown,
  { protocol = true, headers = {} }: { protocol?: boolean; headers?: Record<string, string> } = {},
): Promise<string | number> {
  const { port } = app.server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/api/accounts/${workspace.accountId}/workspaces/${workspace.workspaceId}${path}`;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol ? ["prefect"] : [], { headers });
    socket.on(
      "open",
      () => frame !== undefined && socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    );
    if (!protocol) socket.on("open", () => resolve("let in"));
    socket.on("unexpected-response", (_request, response) => {
      resolve(`HTTP ${response.statusCode}`);
      socket.terminate();
    });
    socket.on("message", (data) => {
      resolve(String(JSON.parse(String(data)).type));
      socket.terminate();
    });
    socket.on("close", (code) => resolve(code));
    socket.on("error", (error) => socket.readyState === WebSocket.CONNECTING || reject(error));
  });
}

describe.each(sockets)("%s", (path) => {
  test("lets its tenant's key in", async () => {
    expect(await enter(closed, ada, path, { type: "auth", token: ada.apiKey })).toBe("auth_success");
  });

  test("refuses every other key, and none, with 1008", async () => {
    const before = await fingerprint(database.db);
    const tokens: unknown[] = [mallory.apiKey, userApiKey(randomBytes(96)), "x", "", null, undefined, 7, ["x"], {}];
    for (const token of tokens)
      expect([token, await enter(closed, ada, path, { type: "auth", token })]).toEqual([token, 1008]);
    expect(await fingerprint(database.db)).toEqual(before);
  });

  test("refuses an expired key with 1008", async () => {
    const expiration = "2020-01-01T00:00:00Z";
    const { key } = await createApiKey(database.services, ada.identity, { name: "old", expiration });
    expect(await enter(closed, ada, path, { type: "auth", token: key })).toBe(1008);
  });

  test.each(["", "not json", "[]", '{"type":"filter"}', '{"type":"auth"', "\u0000"])(
    "ends on the first frame %j",
    async (frame) => {
      const code = await enter(closed, ada, path, frame);
      expect([1002, 1008]).toContain(code);
    },
  );

  test("lets a null token in from this machine only where it is told to, and only into workspaces that are", async () => {
    expect(await enter(trusting, ada, path, { type: "auth", token: null })).toBe("auth_success");
    expect(await enter(trusting, ada, path, { type: "auth", token: "x" })).toBe(1008);
    const nowhere = { ...ada, workspaceId: mallory.workspaceId };
    expect(await enter(trusting, nowhere, path, { type: "auth", token: null })).toBe(1008);
  });
});

test("events without the sub-protocol are refused at the upgrade but for its tenant's key", async () => {
  const bare = (headers: Record<string, string>) =>
    enter(closed, ada, "/events/in", undefined, { protocol: false, headers });
  expect(await bare({})).toBe("HTTP 401");
  expect(await bare({ authorization: `Bearer ${mallory.apiKey}` })).toMatch(/^HTTP 40[14]$/);
  expect(await bare({ authorization: "Bearer x" })).toBe("HTTP 401");
});

test("nor are older clients without a key let in but on this machine, where it is told to, and no web page", async () => {
  const bare = (app: FastifyInstance, headers: Record<string, string> = {}, workspace = ada) =>
    enter(app, workspace, "/events/in", undefined, { protocol: false, headers });
  expect(await bare(trusting)).toBe("let in");
  expect(await bare(trusting, { origin: "http://127.0.0.1:4200" })).toBe("HTTP 401");
  expect(await bare(trusting, { authorization: "Basic x" })).toBe("HTTP 401");
  expect(await bare(trusting, {}, { ...ada, workspaceId: mallory.workspaceId })).toBe("HTTP 401");
});

test("a role that may not see or tell has no socket for it", async () => {
  const viewer = await aWorkspace(database.services, { role: "Viewer" });
  const auth = { type: "auth", token: viewer.apiKey };
  expect(await enter(closed, viewer, "/events/in", auth)).toBe(1008);
  expect(await enter(closed, viewer, "/events/out", auth)).toBe("auth_success");
  expect(await enter(closed, viewer, CHANNEL, auth)).toBe(1008);
});

test.each([...sockets.map((path) => [path, true] as const), ["/events/in", false] as const])(
  "%s is closed when its key is revoked while it is open (auth frame: %s)",
  async (path, protocol) => {
    const { key, id } = await createApiKey(database.services, ada.identity, { name: "lost" });
    const { port } = closed.server.address() as AddressInfo;
    const url = `ws://127.0.0.1:${port}/api/accounts/${ada.accountId}/workspaces/${ada.workspaceId}${path}`;
    // Time is let go by: a socket lives for days.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const headers = protocol ? {} : { authorization: `Bearer ${key}` };
      const socket = new WebSocket(url, protocol ? ["prefect"] : [], { headers });
      const ended = new Promise((resolve) => socket.on("close", resolve));
      await new Promise((resolve) => socket.on("open", resolve));
      // Without an auth frame nothing is answered but a ping, and that only when what came before it was looked at.
      const letIn = new Promise((resolve) => socket.on(protocol ? "message" : "pong", resolve));
      socket.send(JSON.stringify({ type: "auth", token: key }));
      socket.ping();
      await letIn;
      vi.advanceTimersByTime(10_000);
      expect(socket.readyState).toBe(WebSocket.OPEN);
      await revokeApiKey(database.services, ada.identity, id);
      const at = database.services.clock();
      database.setClock((at + 10e6) as typeof at);
      vi.advanceTimersByTime(10_000);
      expect(await ended).toBe(1008);
    } finally {
      vi.useRealTimers();
      database.setClock(undefined);
    }
  },
);

/** A worker's introduction. */
const hello = (more: Record<string, unknown> = {}) => ({
  type: "worker.hello.v1",
  id: randomUUID(),
  sent_at: "2026-11-24T12:00:00Z",
  payload: {
    ...{ consumer_id: randomUUID(), worker_name: "spy", worker_type: "process", heartbeat_interval_seconds: 30 },
    supported_channel_versions: ["work_pool_worker_channel.v1"],
    requested_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
    ...more,
  },
});

/** How a worker's channel ended after a frame that follows a good key. */
function introduced(workspace: TestWorkspace, path: string, frame: unknown): Promise<string> {
  const { port } = closed.server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/api/accounts/${workspace.accountId}/workspaces/${workspace.workspaceId}${path}`;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ["prefect"]);
    socket.on("open", () => socket.send(JSON.stringify({ type: "auth", token: workspace.apiKey })));
    socket.once("message", () => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)));
    socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
    socket.on("error", reject);
  });
}

test("a worker finds another tenant's pool as little as one that never was, and changes nothing", async () => {
  await createWorkPool(ada.ctx(), { name: "theirs", type: "process" });
  const before = await fingerprint(database.db);
  for (const path of [CHANNEL, "/work_pools/nobodys/workers/connect"])
    expect(await introduced(mallory, path, hello())).toBe("1008 authorization_failed");
  expect(await fingerprint(database.db)).toEqual(before);
});

test("rubbish ends a worker's channel and changes nothing, however much of it there is", async () => {
  const before = await fingerprint(database.db);
  const odd: unknown[] = ["", "null", "[]", "{}", "\u0000", "\ud800", "{".repeat(100_000), '"x"'.repeat(1_000_000)];
  const payloads = [null, [], "x", 7, {}, { ...hello().payload, consumer_id: 1 }];
  for (const payload of payloads) odd.push({ ...hello(), payload });
  for (const value of [null, -1, 1.5, "", [], {}])
    for (const name of Object.keys(hello().payload)) odd.push(hello({ [name]: value }));
  for (const frame of odd) {
    const ended = await introduced(ada, CHANNEL, frame);
    expect([JSON.stringify(frame)?.slice(0, 200), ended]).toEqual([expect.anything(), "1002 protocol_error"]);
  }
  expect(await introduced(ada, CHANNEL, "x".repeat(5_000_000))).toMatch(/^1009/);
  expect(await fingerprint(database.db)).toEqual(before);
});
