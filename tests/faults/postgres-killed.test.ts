import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "@weir/db";
import { type RunningPostgres, startPostgres } from "@weir/instance";
import { asSuperuser, startTestWeir, TEMPLATE, type TestWeir, withDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Acknowledged, Caller, contradictions, runThrough, until } from "./harness.ts";

const MIGRATIONS = fileURLToPath(new URL("../../prisma/migrations", import.meta.url));
const RUNS = 200;

let dir: string;
let postgres: RunningPostgres;
let weir: TestWeir;

// A server of its own, that syncs to disk as a real one does.
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "weir-faults-"));
  postgres = await startPostgres({ dir });
  await asSuperuser(postgres.url, `create database ${TEMPLATE}`);
  await migrate(withDatabase(postgres.url, TEMPLATE), MIGRATIONS);
  weir = await startTestWeir({ postgresUrl: postgres.url });
});
afterAll(async () => {
  await weir?.stop();
  await postgres?.stop();
  rmSync(dir, { recursive: true, force: true });
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
    process.kill(postgres.pid, "SIGKILL");
    await until("the API says that it cannot work", async () => (await fetch(`${weir.apiUrl}/ready`)).status === 503);
    const call = await caller.once("POST", "/flow_runs/filter", {});
    expect([call.status, Number.isFinite(call.retryAfter)]).toEqual([503, true]);
    expect((await fetch(`${weir.apiUrl}/health`)).status).toBe(200);
    postgres = await startPostgres({ dir, port: postgres.port });
  }
  await working;
  expect(weir.api.pid).toBe(apiPid);
  expect(weir.api.exitCode).toBeNull();
  expect(acknowledged.length).toBe(3 * RUNS);
  expect(await contradictions(weir, runIds, acknowledged)).toEqual([]);
});
