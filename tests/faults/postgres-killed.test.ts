import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Acknowledged, Caller, contradictions, runThrough, until } from "./harness.ts";
import { type OwnPostgres, ownPostgres } from "./own-postgres.ts";

const RUNS = 200;

let postgres: OwnPostgres;
let weir: TestWeir;

beforeAll(async () => {
  postgres = await ownPostgres();
  weir = await startTestWeir({ postgresUrl: postgres.url });
});
afterAll(async () => {
  await weir?.stop();
  await postgres?.stop();
});

test("PostgreSQL is killed among 200 concurrent transitions: the API lives on, nothing acknowledged is lost", async () => {
  const caller = new Caller(weir);
  const flowId = await caller.newFlow();
  const runIds = await Promise.all(Array.from({ length: RUNS }, () => caller.newFlowRun(flowId)));
  const acknowledged: Acknowledged[] = [];
  const apiPid = weir.api.pid;
  const working = runThrough(caller, runIds, (one) => acknowledged.push(one));
  working.catch(() => undefined);

  for (const target of [100, 300]) {
    await Promise.race([until("enough was acknowledged", () => acknowledged.length >= target), working]);
    postgres.kill();
    await until("the API says that it cannot work", async () => (await fetch(`${weir.apiUrl}/ready`)).status === 503);
    const call = await caller.once("POST", "/flow_runs/filter", {});
    expect([call.status, Number.isFinite(call.retryAfter)]).toEqual([503, true]);
    expect((await fetch(`${weir.apiUrl}/health`)).status).toBe(200);
    await postgres.restart();
  }
  await working;
  expect(weir.api.pid).toBe(apiPid);
  expect(weir.api.exitCode).toBeNull();
  expect(acknowledged.length).toBe(3 * RUNS);
  expect(await contradictions(weir, runIds, acknowledged)).toEqual([]);
});
