import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createDeployment, createDeploymentRun, createWorkPool } from "@weir/operations";
import { aFlow, aWorkspace, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, kill9, until } from "./harness.ts";

const RUNS = 40;
const MAIN = fileURLToPath(new URL("submitting-main.ts", import.meta.url));

let base: TestDatabase;
let cloud: Server;
const processes: ChildProcess[] = [];
/** What the cloud started, by the token of each start; and whom it has not answered yet, once it is slow. */
const started = new Map<string, string>();
const waiting: ServerResponse[] = [];
let isSlow = false;

beforeAll(async () => {
  base = await testDatabase();
  cloud = createServer(async (request, response) => {
    const { run, startId } = JSON.parse(await text(request)) as { run: string; startId: string };
    started.set(startId, run);
    if (isSlow) waiting.push(response);
    else response.end(`task ${startId}`);
  }).listen(0, "127.0.0.1");
  await once(cloud, "listening");
});
afterAll(async () => {
  await Promise.all(processes.map(kill9));
  cloud.closeAllConnections();
  cloud.close();
  await base.drop();
});

function start(aheadSeconds: number): ChildProcess {
  const address = `http://127.0.0.1:${(cloud.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, base.url, address, String(aheadSeconds)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  processes.push(child);
  return child;
}

test("submitters are killed with runs in their hands: each run is started, and none twice", async () => {
  const ws = await aWorkspace(base.services);
  await createWorkPool(ws.ctx(), { name: "cloud", type: "ecs:push" });
  const { body } = await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d", work_pool_name: "cloud" });
  const runs = Array.from({ length: RUNS }, () => createDeploymentRun(ws.ctx(), { id: String(body.id) }));
  const ids = (await Promise.all(runs)).map((run) => String(run.body.id));
  isSlow = true;
  const first = [start(0), start(0)];
  await until("the cloud is asked to start runs", () => waiting.length >= 8);
  await Promise.all(first.map(kill9));
  isSlow = false;
  // Another machine, a minute later.
  start(70);
  start(70);
  const rows = () =>
    ask<{ id: string; pid: string | null; start: string }>(
      base.url,
      `select id, infrastructure_pid as pid, state_details->>'transition_id' as start from flow_run where id = any($1::uuid[])`,
      [ids],
    );
  await until("every run says what it runs in", async () => (await rows()).every(({ pid }) => pid !== null), 90_000);
  expect((await rows()).map(({ id, pid }) => `${id} ${pid}`).sort()).toEqual(
    (await rows()).map(({ id, start: startId }) => `${id} task ${startId}`).sort(),
  );
  // As many starts as runs, each of another run: whoever died had begun some of them.
  expect([...started.values()].sort()).toEqual([...ids].sort());
  expect(waiting.length).toBeGreaterThanOrEqual(8);
});
