import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Acknowledged, ask, Caller, contradictions, kill9, runThrough, until } from "./harness.ts";

const RUNS = 200;

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

async function runs(count: number): Promise<string[]> {
  const flowId = await caller.newFlow();
  return Promise.all(Array.from({ length: count }, () => caller.newFlowRun(flowId)));
}

test("the API is killed three times among 200 concurrent transitions: nothing acknowledged is lost, nothing runs twice", async () => {
  const runIds = await runs(RUNS);
  const acknowledged: Acknowledged[] = [];
  let over = false;
  const working = runThrough(caller, runIds, (one) => acknowledged.push(one)).finally(() => {
    over = true;
  });
  working.catch(() => undefined);
  for (let blow = 1; blow <= 3; blow += 1) {
    const target = blow * 120;
    await until("enough was acknowledged", () => over || acknowledged.length >= target);
    await kill9(weir.api);
    await weir.restartApi();
  }
  await working;
  expect(acknowledged.length).toBe(3 * RUNS);
  expect(caller.retries).toBeGreaterThan(0);
  expect(await contradictions(weir, runIds, acknowledged)).toEqual([]);
});

test("log lines whose answer was lost are sent again: none is lost, none is there twice", async () => {
  const [runId = ""] = await runs(1);
  const line = (n: number) => ({
    name: "test",
    level: 20,
    message: `line ${n}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + n)
      .toISOString()
      .replace(/^2026-01-01/, new Date().toISOString().slice(0, 10)),
    flow_run_id: runId,
  });
  const batches = Array.from({ length: 40 }, (_, batch) => Array.from({ length: 25 }, (_, n) => line(batch * 25 + n)));
  let done = 0;
  const sending = Promise.all(
    batches.map(async (batch) => {
      expect((await caller.call("POST", "/logs/", batch)).status).toBe(201);
      done += 1;
    }),
  );
  await until("some batches are in", () => done > 5);
  await kill9(weir.api);
  await weir.restartApi();
  await sending;
  const rows = await ask<{ message: string; count: number }>(
    weir.databaseUrl,
    "select message, count(*)::int as count from log where workspace_id = $1 and flow_run_id = $2 group by message",
    [weir.workspaceId, runId],
  );
  expect(rows.length).toBe(1_000);
  // What was stored while its answer was lost was sent again, and known by its content.
  expect(rows.filter(({ count }) => count > 1)).toEqual([]);
});

test("a run that is created again under its idempotency key is one run", async () => {
  const flowId = await caller.newFlow();
  const keys = Array.from({ length: 100 }, () => randomUUID());
  let made = 0;
  const making = Promise.all(
    keys.map(async (idempotency_key) => {
      const id = await caller.newFlowRun(flowId, { idempotency_key });
      made += 1;
      expect(await caller.newFlowRun(flowId, { idempotency_key })).toBe(id);
      return id;
    }),
  );
  await until("some are made", () => made > 5);
  await kill9(weir.api);
  await weir.restartApi();
  const ids = await making;
  expect(new Set(ids).size).toBe(100);
  const [row] = await ask<{ count: number }>(
    weir.databaseUrl,
    "select count(*)::int as count from flow_run where workspace_id = $1 and flow_id = $2",
    [weir.workspaceId, flowId],
  );
  expect(row?.count).toBe(100);
  expect(await contradictions(weir, ids, [])).toEqual([]);
});
