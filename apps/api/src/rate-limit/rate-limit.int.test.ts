import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "../app.ts";
import type { RateLimitOptions } from "./rate-limits.ts";
import { RateLimits } from "./rate-limits.ts";

let database: TestDatabase;
const apps: FastifyInstance[] = [];

beforeAll(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => database.drop());

async function appWith(limits: Omit<RateLimitOptions, "warn">): Promise<FastifyInstance> {
  const app = await buildApp(database.services, { limits });
  apps.push(app);
  return app;
}

async function call(app: FastifyInstance, workspace: TestWorkspace, path: string, payload: object) {
  const url = `/api/accounts/${workspace.accountId}/workspaces/${workspace.workspaceId}${path}`;
  const answer = await app.inject({
    method: "POST",
    url,
    payload,
    headers: { authorization: `Bearer ${workspace.apiKey}` },
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body };
}

const list = (app: FastifyInstance, workspace: TestWorkspace) => call(app, workspace, "/flows/filter", {});

function lines(flowRunId: string, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    name: "test",
    level: 20,
    message: `line ${index} ${randomUUID()}`,
    timestamp: new Date().toISOString(),
    flow_run_id: flowRunId,
  }));
}

async function storedLines(workspace: TestWorkspace): Promise<number> {
  const answer = await call(await appWith({ apiPerMinute: 0, eventsPerMinute: 0 }), workspace, "/logs/filter", {});
  return (JSON.parse(answer.body) as unknown[]).length;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("calls beyond the allowance of an account get 429 and a number of seconds", async () => {
  const app = await appWith({ apiPerMinute: 6, eventsPerMinute: 0 });
  const [mine, other] = [await aWorkspace(database.services), await aWorkspace(database.services)];
  for (let left = 5; left >= 0; left -= 1) {
    const { status, headers } = await list(app, mine);
    expect([status, headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]]).toEqual([200, "6", String(left)]);
    expect(Number(headers["x-ratelimit-reset"])).toBeGreaterThan(0);
  }
  const refused = await list(app, mine);
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(10);
  expect(refused.headers["x-ratelimit-remaining"]).toBe("0");
  expect(JSON.parse(refused.body)).toHaveProperty("detail");
  expect((await list(app, other)).status).toBe(200);
});

test("log lines count one by one, and a batch is taken whole or not at all", async () => {
  const app = await appWith({ apiPerMinute: 0, eventsPerMinute: 100 });
  const workspace = await aWorkspace(database.services);
  const run = await aFlowRun(workspace);
  expect((await call(app, workspace, "/logs/", lines(run, 60))).status).toBe(201);
  const refused = await call(app, workspace, "/logs/", lines(run, 60));
  expect([refused.status, refused.headers["x-ratelimit-limit"]]).toEqual([429, "100"]);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect((await call(app, workspace, "/logs/", lines(run, 30))).status).toBe(201);
  expect(await storedLines(workspace)).toBe(90);
  expect((await list(app, workspace)).headers["x-ratelimit-limit"]).toBeUndefined();
});

test("a batch larger than a whole minute's allowance is not refused for ever", async () => {
  const app = await appWith({ apiPerMinute: 0, eventsPerMinute: 10 });
  const workspace = await aWorkspace(database.services);
  const run = await aFlowRun(workspace);
  expect((await call(app, workspace, "/logs/", lines(run, 50))).status).toBe(201);
  expect((await call(app, workspace, "/logs/", lines(run, 1))).status).toBe(429);
});

test("a check that had to be stopped costs its account as many calls as would have taken its time", async () => {
  const app = await appWith({ apiPerMinute: 400, eventsPerMinute: 0 });
  const [mine, other] = [await aWorkspace(database.services), await aWorkspace(database.services)];
  const schema = { properties: { x: { type: "string", pattern: "^(a+)+$" } } };
  const values = { x: `${"a".repeat(60)}b` };
  const left = async (whose: TestWorkspace) => Number((await list(app, whose)).headers["x-ratelimit-remaining"]);
  for (const atMost of [200, 100]) {
    expect((await call(app, mine, "/ui/schemas/validate", { schema, values })).status).toBe(422);
    expect(await left(mine)).toBeLessThan(atMost);
  }
  expect(await left(other)).toBe(399);
});

test("without allowances nothing is counted", async () => {
  const app = await appWith({ apiPerMinute: 0, eventsPerMinute: 0 });
  const workspace = await aWorkspace(database.services);
  for (let n = 0; n < 20; n += 1) {
    const { status, headers } = await list(app, workspace);
    expect([status, headers["x-ratelimit-limit"]]).toEqual([200, undefined]);
  }
});

test("a sender that is paced waits for its turn, but no longer than it is told", async () => {
  const limits = await RateLimits.open({ apiPerMinute: 0, eventsPerMinute: 600, warn: () => undefined });
  await limits?.pace("events", "a", 600, 1);
  const started = performance.now();
  await limits?.pace("events", "a", 10, 10_000);
  expect(performance.now() - started).toBeGreaterThan(900);
  const second = performance.now();
  await limits?.pace("events", "a", 600, 200);
  expect(performance.now() - second).toBeLessThan(2_000);
});

describe("with Redis", () => {
  let redis: ChildProcess;
  let redisUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    redisUrl = `redis://127.0.0.1:${port}`;
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    redis = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    for (let out = ""; !out.includes("Ready to accept connections"); ) {
      const [data] = (await once(redis.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
      out += String(data);
    }
  });
  afterAll(() => {
    redis.kill();
  });

  test("replicas share an account's allowance, and without it nobody is refused", async () => {
    const limits = { apiPerMinute: 10, eventsPerMinute: 100, redisUrl };
    const [one, two] = [await appWith(limits), await appWith(limits)];
    const workspace = await aWorkspace(database.services);
    const run = await aFlowRun(workspace);
    for (let n = 0; n < 5; n += 1) {
      expect((await list(one, workspace)).status).toBe(200);
      expect((await list(two, workspace)).status).toBe(200);
    }
    const refused = await list(two, workspace);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(7);

    const events = { apiPerMinute: 0, eventsPerMinute: 100, redisUrl };
    const third = await appWith(events);
    expect((await call(third, workspace, "/logs/", lines(run, 80))).status).toBe(201);
    expect((await call(third, workspace, "/logs/", lines(run, 30))).status).toBe(429);
    expect((await call(third, workspace, "/logs/", lines(run, 20))).status).toBe(201);

    const gone = once(redis, "exit");
    redis.kill("SIGKILL");
    await gone;
    for (let n = 0; n < 15; n += 1) expect((await list(one, workspace)).status).toBe(200);
  });

  test("a Redis that is not there at the start refuses nobody, and is told of once", async () => {
    const warnings: unknown[] = [];
    const limits = await RateLimits.open({
      apiPerMinute: 1,
      eventsPerMinute: 0,
      redisUrl: `redis://127.0.0.1:${await freePort()}`,
      warn: (error) => warnings.push(error),
    });
    for (let n = 0; n < 5; n += 1) expect(await limits?.spend("api", "a", 1)).toBeUndefined();
    expect(warnings).toHaveLength(1);
    await limits?.close();
  });
});
