import { formatInstant } from "@weir/contracts";
import { sql } from "@weir/db";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { offerDeploymentRuns } from "../deployment/read.ts";
import { createDeploymentRun } from "../deployment/run.ts";
import { createDeployment } from "../deployment/save.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import { offerQueueRuns } from "../work-queue/health.ts";
import { filterPoolQueues, updateWorkQueue } from "../work-queue/verbs.ts";
import { offerFlowRuns } from "./poll.ts";
import { createWorkPool } from "./verbs.ts";

let base: TestDatabase;
let ws: TestWorkspace;
let flow: string;
beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  flow = await aFlow(ws);
});
afterAll(() => base.drop());

const aPool = async () => {
  const name = `pool-${Math.random()}`;
  await createWorkPool(ws.ctx(), { name, type: "process" });
  return name;
};
const aDeployment = async (pool: string, given: Record<string, unknown> = {}) => {
  const name = `deployment-${Math.random()}`;
  const { body } = await createDeployment(ws.ctx(), { name, flow_id: flow, work_pool_name: pool, ...given });
  return String(body.id);
};
const aRun = async (deployment: string, due: string) => {
  const state = { type: "SCHEDULED", state_details: { scheduled_time: due } };
  return String((await createDeploymentRun(ws.ctx(), { id: deployment, state })).body.id);
};
const propose = async (id: string, type: string) => (await setFlowRunState(ws.ctx(), { id, state: { type } })).body;
const now = () => formatInstant(base.services.clock());

/** How runs are polled for: what is offered of a pool, or of its deployments. */
type Poll = (pool: string, deployments: string[]) => Promise<string[]>;
const ofPool: Poll = async (work_pool_name) =>
  (await offerFlowRuns(ws.ctx(), { work_pool_name, limit: 10 })).map(({ flow_run }) => String(flow_run.id));
const ofQueue: Poll = async (work_pool_name) => {
  const [queue] = await filterPoolQueues(ws.ctx(), { work_pool_name });
  return (await offerQueueRuns(ws.ctx(), { id: queue?.id, limit: 10 })).map(({ id }) => String(id));
};
const ofFilter: Poll = async (work_pool_name, deployment_ids) => {
  const changes = { filter: { deployment_ids } };
  await updateWorkQueue(ws.ctx(), { work_pool_name, work_queue_name: "default", changes });
  return ofQueue(work_pool_name, deployment_ids);
};
const ofDeployments: Poll = async (_, deployment_ids) =>
  (await offerDeploymentRuns(ws.ctx(), { deployment_ids, limit: 10 })).map(({ id }) => String(id));

/**
 * PrefectHQ/prefect#19403. Prefect's server 3.8.8, asked for ten runs of the pool or of the deployments, gives ten of the
 * blocked ones and not the other; half a minute after all were told to wait it offers all of them again.
 */
test.each([
  ["pool", ofPool],
  ["single queue", ofQueue],
  ["queue with a filter", ofFilter],
  ["runner's deployments", ofDeployments],
])(
  "two hundred runs that wait for one deployment's limit hide no other deployment's run from a poll of a %s",
  async (_, poll) => {
    const pool = await aPool();
    const [blocked, other] = [await aDeployment(pool, { concurrency_limit: 1 }), await aDeployment(pool)];
    const early = now();
    const runs = await Promise.all(Array.from({ length: 201 }, () => aRun(blocked, early)));
    const late = await aRun(other, now());
    const offered = () => poll(pool, [blocked, other]);
    // One may start: it is offered, first come first. The others are told that they wait when there is nothing else to do.
    const [first = "", second] = await offered();
    expect(runs).toContain(first);
    expect(second).toBe(late);
    await propose(first, "PENDING");
    const [next, ...unasked] = await offered();
    expect(next).toBe(late);
    expect(unasked).toHaveLength(9);
    for (const run of unasked) await propose(run, "PENDING");
    expect(await offered()).not.toEqual(expect.arrayContaining(unasked));
    await propose(first, "COMPLETED");
    const [freed, after] = await offered();
    expect(runs).toContain(freed);
    expect(after).toBe(late);
  },
);

test("runs that are only to be told that they wait do not take a queue's last places twice", async () => {
  const pool = await aPool();
  const [blocked, other] = [await aDeployment(pool, { concurrency_limit: 1 }), await aDeployment(pool)];
  const [queue] = await filterPoolQueues(ws.ctx(), { work_pool_name: pool });
  await base.db.query(sql`update work_queue set concurrency_limit = 2 where id = ${String(queue?.id)}::uuid`);
  for (let made = 0; made < 4; made += 1) await aRun(blocked, now());
  const late = await aRun(other, now());
  for (const poll of [ofPool, ofQueue]) {
    const offered = await poll(pool, []);
    expect(offered).toHaveLength(2);
    expect(offered[1]).toBe(late);
  }
});

test("a retry in its own process is offered to its runner under a full limit: it has kept its slot", async () => {
  const deployment = await aDeployment(await aPool(), { concurrency_limit: 1 });
  const run = await aRun(deployment, now());
  await propose(run, "PENDING");
  await propose(run, "RUNNING");
  const policy = JSON.stringify({ retries: 1, retry_delay: 0 });
  await base.db.query(sql`update flow_run set empirical_policy = ${policy}::json where id = ${run}::uuid`);
  await propose(run, "FAILED");
  await aRun(deployment, now());
  expect((await ofDeployments("", [deployment]))[0]).toBe(run);
});
