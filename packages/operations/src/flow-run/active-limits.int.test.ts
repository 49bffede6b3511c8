import { toWire } from "@weir/contracts";
import { sql } from "@weir/db";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConcurrencyLimit } from "../concurrency/limits.ts";
import { openCtx } from "../define-verb.ts";
import { createDeploymentRun } from "../deployment/run.ts";
import { createDeployment } from "../deployment/save.ts";
import type { Services } from "../services.ts";
import { offerFlowRuns } from "../work-pool/poll.ts";
import { createWorkPool, updateWorkPool } from "../work-pool/verbs.ts";
import { createWorkQueue } from "../work-queue/verbs.ts";
import { setFlowRunState } from "./set-state.ts";

let base: TestDatabase;
let ws: TestWorkspace;
/** Two processes of the API: each with connections and batches of its own. */
let replicas: Services[];
beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  replicas = [base.services, base.replica()];
});
afterAll(() => base.drop());

type Scene = { pool: string; deployments: string[] };

/** A pool with two queues besides its own, and a deployment in each of these. */
async function aScene(given: { pool?: number; queue?: number; deployment?: number } = {}): Promise<Scene> {
  const pool = `pool-${Math.random()}`;
  const concurrency_limit = given.pool ?? null;
  await createWorkPool(ws.ctx(), { name: pool, type: "process", concurrency_limit });
  const deployments = [];
  for (const name of ["calm", "urgent"]) {
    await createWorkQueue(ws.ctx(), { work_pool_name: pool, name, concurrency_limit: given.queue ?? null });
    const { body } = await createDeployment(ws.ctx(), {
      ...{ name, flow_id: await aFlow(ws), work_pool_name: pool, work_queue_name: name },
      concurrency_limit: given.deployment ?? null,
    });
    deployments.push(String(body.id));
  }
  return { pool, deployments };
}

const runsOf = (deployment: string | undefined, count: number) =>
  Promise.all(
    Array.from({ length: count }, async () =>
      String((await createDeploymentRun(ws.ctx(), { id: deployment })).body.id),
    ),
  );

async function propose(id: string, type: string, by: Services | undefined = replicas[0], force = false) {
  const ctx = openCtx(by ?? base.services, ws.ctx().grant);
  const { body } = await setFlowRunState(ctx, { id, state: { type }, force });
  return JSON.parse(toWire(body)) as { status: string; details: { reason?: string } };
}

/** Many at once, half of them by each process. */
const claims = (ids: string[]) => Promise.all(ids.map((id, at) => propose(id, "PENDING", replicas[at % 2])));
const offered = async (pool: string) =>
  (await offerFlowRuns(ws.ctx(), { work_pool_name: pool })).map(({ flow_run }) => String(flow_run.id));
const stateTypes = async (ids: string[]) =>
  (
    await base.db.query<{ state_type: string }>(
      sql`select state_type from flow_run where id = any(${ids}::uuid[]) order by state_type`,
    )
  ).map((row) => row.state_type);
const countOf = <T>(all: readonly T[], one: T) => all.filter((other) => other === one).length;

test.each([
  ["a pool for three, over its queues", { pool: 3 }, 3, "work pool"],
  ["two queues for two each", { queue: 2 }, 4, "work queue"],
  ["a pool for three with queues for two each", { pool: 3, queue: 2 }, 3, "work "],
])("of claims that race in two processes no more win than there is room: %s", async (_, given, room, named) => {
  const { pool, deployments } = await aScene(given);
  const runs = [...(await runsOf(deployments[0], 12)), ...(await runsOf(deployments[1], 12))];
  const told = await claims(runs);
  expect(
    countOf(
      told.map(({ status }) => status),
      "ACCEPT",
    ),
  ).toBe(room);
  const refused = told.filter(({ status }) => status !== "ACCEPT");
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(["ABORT"]));
  for (const { details } of refused) expect(details.reason).toMatch(new RegExp(`concurrency limit of \\d of ${named}`));
  // Who was refused waits as before, and is offered as soon as there is room.
  const states = await stateTypes(runs);
  expect([countOf(states, "PENDING"), countOf(states, "SCHEDULED")]).toEqual([room, 24 - room]);
  expect(await offered(pool)).toEqual([]);
  const first = runs[told.findIndex(({ status }) => status === "ACCEPT")] ?? "";
  await propose(first, "CANCELLED");
  const next = await offered(pool);
  expect(next).toHaveLength(1);
  expect((await propose(next[0] ?? "", "PENDING")).status).toBe("ACCEPT");
});

test("where nothing is limited every claim wins, and none goes by a transaction of its own", async () => {
  const { deployments } = await aScene();
  const run = (await runsOf(deployments[0], 1))[0] ?? "";
  const transaction = () => Promise.reject(new Error("There was a transaction."));
  const batchedOnly = { ...base.services, db: { ...base.services.db, transaction } };
  expect((await propose(run, "PENDING", batchedOnly)).status).toBe("ACCEPT");
});

test("a run that finds no room takes no slot of its deployment, and is not cancelled for one", async () => {
  const { deployments } = await aScene({ pool: 1, deployment: 5 });
  const [first = "", second = ""] = await runsOf(deployments[0], 2);
  expect((await propose(first, "PENDING")).status).toBe("ACCEPT");
  expect((await propose(second, "PENDING")).status).toBe("ABORT");
  const limit = await readConcurrencyLimit(ws.ctx(), { id_or_name: `deployment:${deployments[0]}` });
  expect(limit.active_slots).toBe(1);
});

test("a run that its own process retries goes on in a pool that is full", async () => {
  const { pool, deployments } = await aScene();
  const [retried = "", other = ""] = await runsOf(deployments[0], 2);
  await base.db.query(sql`
    update flow_run set empirical_policy = '{"retries": 1, "retry_delay": 0}'::json where id = ${retried}`);
  await propose(retried, "PENDING");
  await propose(retried, "RUNNING");
  expect((await propose(retried, "FAILED")).status).toBe("REJECT");
  expect(await stateTypes([retried])).toEqual(["SCHEDULED"]);
  await propose(other, "PENDING");
  await updateWorkPool(ws.ctx(), { work_pool_name: pool, concurrency_limit: 1 });
  expect((await propose(retried, "PENDING")).status).toBe("ACCEPT");
  expect((await propose(retried, "RUNNING")).status).toBe("ACCEPT");
});

test("what is forced passes a limit, and counts from then on", async () => {
  const { deployments } = await aScene({ queue: 1 });
  const [first = "", second = "", third = ""] = await runsOf(deployments[0], 3);
  await propose(first, "PENDING");
  expect((await propose(second, "PENDING", replicas[0], true)).status).toBe("ACCEPT");
  await propose(first, "CANCELLED");
  expect((await propose(third, "PENDING")).status).toBe("ABORT");
});
