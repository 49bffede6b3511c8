import type { AddressInfo } from "node:net";
import { sql } from "@weir/db";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../app.ts";

let database: TestDatabase;
let app: FastifyInstance;
let ada: TestWorkspace;
let url: string;

beforeAll(async () => {
  database = await testDatabase();
  ada = await aWorkspace(database.services);
  app = await buildApp(database.services, {
    overload: {
      calls: 8,
      lists: 2,
      listsWhenBusy: 1,
      busy: 4,
      vitalQueue: { length: 1_000, waitMs: 20_000 },
      // Who finds it full is told at once; who is in it is served, on a slow machine too.
      listQueue: { length: 10, waitMs: 20_000 },
      lagMs: 60_000,
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/api/accounts/${ada.accountId}/workspaces/${ada.workspaceId}`;
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function call(method: string, path: string, body?: unknown) {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${ada.apiKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: await answer.json() };
}

test("of 200 clients at once none times out: work goes on, and lists are told when to come back", async () => {
  const flowId = await aFlow(ada);
  const many = (path: string, body: unknown) => Array.from({ length: 100 }, () => call("POST", path, body));
  // Nobody is done before there is too much to do, however slowly the calls come in.
  const [working, listing] = await database.db.transaction(async (query) => {
    await query(sql`lock table flow_run in access exclusive mode`);
    const calls = [many("/flow_runs/", { flow_id: flowId }), many("/flow_runs/filter", {})] as const;
    await Promise.race(calls[1]);
    return calls;
  });
  const [runs, lists] = [await Promise.all(working), await Promise.all(listing)];
  expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 201));
  const refused = lists.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const one of refused) {
    expect(one).toMatchObject({ status: 503, body: { exception_message: "Service Unavailable" } });
    expect(Number(one.retryAfter)).toBeGreaterThanOrEqual(1);
  }
  expect(lists.length - refused.length).toBeGreaterThan(0);
});

test("health is told however much there is to do", async () => {
  const busy = Promise.all(Array.from({ length: 60 }, () => call("POST", "/flow_runs/filter", {})));
  const health = await fetch(`${new URL(url).origin}/api/health`);
  expect([health.status, await health.json()]).toEqual([200, true]);
  await busy;
});

test("afterwards everybody is served again", async () => {
  for (let once = 0; once < 20; once += 1) expect((await call("POST", "/flows/filter", {})).status).toBe(200);
});
