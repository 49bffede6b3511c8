import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestDatabase, testDatabase } from "@weir/testing";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { buildApp } from "../app.ts";

let database: TestDatabase;
let dashboard: Server;
let app: FastifyInstance;
let origin: string;
let upstream: string;
/** Resolves when the dashboard sees a stream end. */
let streamEnded: Promise<unknown>;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  dashboard = createServer(async (incoming, answer) => {
    if (incoming.url === "/stream") {
      streamEnded = once(answer, "close");
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write("data: one\n\n");
      incoming.socket.on("nudge", () => answer.write("data: two\n\n"));
      dashboard.on("nudge", () => answer.write("data: two\n\n"));
      return;
    }
    if (incoming.url === "/moved") return answer.writeHead(302, { location: "/login?next=%2Fmoved" }).end();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(
      JSON.stringify({
        method: incoming.method,
        url: incoming.url,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString("base64"),
      }),
    );
  }).listen(0, "127.0.0.1");
  await once(dashboard, "listening");
  upstream = `http://127.0.0.1:${(dashboard.address() as AddressInfo).port}`;
  app = await buildApp(database.services, { dashboardOrigin: upstream });
  await app.listen({ host: "127.0.0.1", port: 0 });
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await app.close();
  dashboard.closeAllConnections();
  dashboard.close();
});

type Seen = { method: string; url: string; headers: Record<string, string>; body: string };

async function seen(path: string, init: RequestInit = {}): Promise<Seen> {
  const answer = await fetch(origin + path, init);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Seen;
}

function stream(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(origin + path, resolve)
      .on("error", reject)
      .end();
  });
}

test("what is neither the API's nor a hook goes to the dashboard, as it came", async () => {
  expect((await seen("/")).url).toBe("/");
  expect((await seen("/account/a/workspace/b/runs?state=Running%20now&x=1&x=2")).url).toBe(
    "/account/a/workspace/b/runs?state=Running%20now&x=1&x=2",
  );
  for (const [type, body] of [
    ["application/json", '{"b": 1.0, "a": 12345678901234567890}'],
    ["application/x-www-form-urlencoded", "csrf=1&password=%20x"],
    ["text/plain", "not json {"],
    ["application/octet-stream", "\u0000\u0001"],
  ] as const) {
    const got = await seen("/auth/nextauth/callback", { method: "POST", body, headers: { "content-type": type } });
    expect(got.method).toBe("POST");
    expect(Buffer.from(got.body, "base64").toString()).toBe(body);
    expect(got.headers["content-type"]).toBe(type);
  }
});

test("the dashboard learns the address that people use", async () => {
  const { headers } = await seen("/runs");
  expect(headers["x-forwarded-host"]).toBe(new URL(origin).host);
  expect(headers["x-forwarded-proto"]).toBe("http");
  expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
  const behind = await seen("/runs", {
    headers: { "x-forwarded-proto": "https", "x-forwarded-host": "weir.example.com", "x-forwarded-for": "10.1.1.1" },
  });
  expect(behind.headers["x-forwarded-proto"]).toBe("https");
  expect(behind.headers["x-forwarded-host"]).toBe("weir.example.com");
  expect(behind.headers["x-forwarded-for"]).toBe("10.1.1.1, 127.0.0.1");
});

test("redirects stay as they are", async () => {
  const answer = await fetch(`${origin}/moved`, { redirect: "manual" });
  expect(answer.status).toBe(302);
  expect(answer.headers.get("location")).toBe("/login?next=%2Fmoved");
});

test("an unknown path under /api stays a 404 in the wire's shape", async () => {
  for (const path of ["/api", "/api/nothing", "/api/accounts/x/workspaces/y/nothing", "/hooks/nothing"]) {
    const answer = await fetch(origin + path);
    expect([path, answer.status, await answer.json()]).toEqual([path, 404, { detail: "Not Found" }]);
  }
  expect(await (await fetch(`${origin}/api/health`)).json()).toBe(true);
});

test("events come one by one, and a browser that leaves ends the stream behind it", async () => {
  const answer = await stream("/stream");
  expect(answer.headers["content-type"]).toBe("text/event-stream");
  expect(String((await once(answer, "data"))[0])).toBe("data: one\n\n");
  dashboard.emit("nudge");
  expect(String((await once(answer, "data"))[0])).toBe("data: two\n\n");
  answer.destroy();
  await streamEnded;
});

test("an open stream does not keep the process", async () => {
  const answer = await stream("/stream");
  await once(answer, "data");
  const cut = once(answer, "close").catch(() => undefined);
  answer.on("error", () => undefined);
  const started = performance.now();
  await app.close();
  await cut;
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("while the dashboard is away: 503 and a time to come back", async () => {
  dashboard.closeAllConnections();
  await new Promise((resolve) => dashboard.close(resolve));
  const page = await fetch(`${origin}/runs`, { headers: { accept: "text/html" } });
  expect([page.status, page.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await page.text()).toContain("<!doctype html>");
  const call = await fetch(`${origin}/trpc/runs`, { method: "POST", body: "{}" });
  expect([call.status, call.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await call.json()).toHaveProperty("detail");
});

test("without a dashboard nothing is forwarded", async () => {
  const alone = await buildApp(database.services);
  const answer = await alone.inject("/runs");
  expect([answer.statusCode, answer.json()]).toEqual([404, { detail: "Not Found" }]);
  await alone.close();
});
