import { addSeconds, jsonText, type Micros, parseInstant, WeirError } from "@weir/contracts";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createDeploymentRun } from "../deployment/run.ts";
import { createDeployment, deleteDeployment } from "../deployment/save.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import type { Services } from "../services.ts";
import { createVariable } from "../variable/verbs.ts";
import { createWorkPool, updateWorkPool } from "../work-pool/verbs.ts";
import { createWorkQueue, updateWorkQueue } from "../work-queue/verbs.ts";
import {
  keepServedReady,
  poolsToServe,
  type Submission,
  type Submitter,
  submitAbandoned,
  submitDueRuns,
} from "./submit-runs.ts";
import { markUnready } from "./watch-workers.ts";

const TYPE = "ecs:push";
let base: TestDatabase;
let ws: TestWorkspace;
const start = parseInstant(new Date().toISOString()) as Micros;
const after = (seconds: number) => base.setClock(addSeconds(start, seconds));

beforeAll(async () => {
  base = await testDatabase();
});
beforeEach(async () => {
  await base?.db.prisma.workPool.deleteMany();
  ws = await aWorkspace(base.services);
  after(0);
});
afterAll(() => base.drop());

/** A submitter of a cloud that remembers what it was asked, and starts nothing twice for one `startId`. */
function aCloud(answer: (submission: Submission) => Promise<string> = async ({ startId }) => `task:${startId}`) {
  const asked: Submission[] = [];
  const submit = (submission: Submission) => {
    asked.push(submission);
    return answer(submission);
  };
  return { asked, type: TYPE, submit } satisfies Submitter & { asked: Submission[] };
}

const template = {
  job_configuration: { command: "{{ command }}", env: "{{ env }}", cpu: "{{ cpu }}" },
  variables: {
    type: "object",
    properties: { command: { type: "string" }, env: { type: "object" }, cpu: { type: "integer", default: 1 } },
  },
};

async function aPool(given: Record<string, unknown> = {}) {
  return createWorkPool(ws.ctx(), { name: "cloud", type: TYPE, base_job_template: template, ...given });
}

async function aDeployment(given: Record<string, unknown> = {}): Promise<string> {
  const flow_id = await aFlow(ws);
  const { body } = await createDeployment(ws.ctx(), { flow_id, name: "d", work_pool_name: "cloud", ...given });
  return String(body.id);
}

async function aRun(deployment: string, given: Record<string, unknown> = {}): Promise<string> {
  return String((await createDeploymentRun(ws.ctx(), { id: deployment, ...given })).body.id);
}

const row = async (id: string) => {
  const run = await ws.ctx().store.flowRuns.get(id);
  if (!run) throw new Error("no such run");
  return run;
};
const propose = (id: string, state: Record<string, unknown>) => setFlowRunState(ws.ctx(), { id, state });

/** One pass over every pool that has something to start. */
async function pass(submitter: Submitter, services: Services = base.services): Promise<void> {
  const pools = await poolsToServe(services, submitter.type, [], 100);
  await Promise.all(pools.map((pool) => submitDueRuns(services, submitter, pool)));
}

/** As a process that dies between claim and submission: what it was about to do never comes back. */
async function die(services: Services = base.services): Promise<void> {
  const [pool] = await poolsToServe(services, TYPE, [], 100);
  if (!pool) throw new Error("nothing to claim");
  await submitDueRuns(
    services,
    aCloud(() => Promise.reject(new WeirError("unavailable", "gone"))),
    pool,
  );
}

test("a due run is submitted with the job that a worker would start, and says what it runs in", async () => {
  await aPool();
  const deployment = await aDeployment({ job_variables: { env: { A: "1", B: "2" } } });
  await createVariable(ws.ctx(), { name: "bucket", value: jsonText("b-1") });
  const env = { B: "3", IN: "s3://{{ prefect.variables.bucket }}/{{ prefect.variables.gone }}" };
  const id = await aRun(deployment, { job_variables: { cpu: 4, env } });
  await aRun(deployment, { state: { type: "SCHEDULED", state_details: { scheduled_time: "2099-01-01T00:00:00Z" } } });
  const cloud = aCloud();
  await pass(cloud);
  const [one] = cloud.asked;
  expect(cloud.asked).toHaveLength(1);
  expect(one).toMatchObject({ run: { id }, pool: { name: "cloud" } });
  expect(one?.job.value()).toMatchObject({
    command: "prefect flow-run execute",
    cpu: 4,
    env: { A: "1", B: "3", IN: "s3://b-1/", PREFECT__FLOW_RUN_ID: id, PREFECT__DEPLOYMENT_ID: deployment },
    labels: { "prefect.io/flow-run-id": id, "prefect.io/work-pool-name": "cloud" },
  });
  expect(await row(id)).toMatchObject({ state_type: "PENDING", infrastructure_pid: `task:${one?.startId}` });
});

test("of many who look at once, one submits each run", async () => {
  await aPool();
  const deployment = await aDeployment();
  const ids = await Promise.all(Array.from({ length: 12 }, () => aRun(deployment)));
  const cloud = aCloud();
  const [pool] = await poolsToServe(base.services, TYPE, [], 1);
  const copies = [base.services, base.replica(), base.replica(), base.services];
  await Promise.all(copies.map((services) => pool && submitDueRuns(services, cloud, pool)));
  expect(cloud.asked.map(({ run }) => run.id).sort()).toEqual(ids.sort());
});

test("a run whose submitter died is submitted again after a minute, once, as the same start, and not before", async () => {
  await aPool();
  const id = await aRun(await aDeployment());
  await die();
  expect(await row(id)).toMatchObject({ state_type: "PENDING", infrastructure_pid: null });
  const cloud = aCloud();
  const look = () =>
    Promise.all([base.services, base.replica(), base.services].map((services) => submitAbandoned(services, cloud)));
  after(59);
  await pass(cloud);
  await look();
  expect(cloud.asked).toEqual([]);
  const claim = (await row(id)).state_details.object().transition_id;
  after(61);
  await look();
  expect(cloud.asked).toMatchObject([{ run: { id }, startId: claim }]);
  after(200);
  await look();
  expect(cloud.asked).toHaveLength(1);
  expect(await row(id)).toMatchObject({ infrastructure_pid: `task:${claim}` });
});

test("who dies again and again over a run leaves it to the next, as the same start", async () => {
  await aPool();
  const id = await aRun(await aDeployment());
  await die();
  const dying = aCloud(() => Promise.reject(new WeirError("unavailable", "gone")));
  for (const seconds of [61, 122, 183]) {
    after(seconds);
    await submitAbandoned(base.services, dying);
  }
  const cloud = aCloud();
  after(244);
  await submitAbandoned(base.services, cloud);
  expect(dying.asked).toHaveLength(3);
  expect(new Set([...dying.asked, ...cloud.asked].map(({ startId }) => startId)).size).toBe(1);
  expect((await row(id)).infrastructure_pid).not.toBeNull();
});

test("a run that its engine has begun, or that was cancelled, is not submitted again", async () => {
  await aPool();
  const deployment = await aDeployment();
  const [begun, running, cancelled] = [await aRun(deployment), await aRun(deployment), await aRun(deployment)];
  await die();
  await propose(begun, { type: "PENDING", name: "Submitting" });
  await propose(running, { type: "RUNNING" });
  await propose(cancelled, { type: "CANCELLING" });
  after(120);
  const cloud = aCloud();
  await submitAbandoned(base.services, cloud);
  expect(cloud.asked).toEqual([]);
});

test("a run that starts anew is another start, and its former infrastructure is not its own", async () => {
  await aPool();
  const id = await aRun(await aDeployment());
  const cloud = aCloud();
  await pass(cloud);
  await propose(id, { type: "RUNNING" });
  await propose(id, { type: "FAILED" });
  await setFlowRunState(ws.ctx(), { id, state: { type: "SCHEDULED", name: "AwaitingRetry" }, force: true });
  await die();
  expect((await row(id)).infrastructure_pid).toBeNull();
  after(61);
  await submitAbandoned(base.services, cloud);
  const [first, second] = cloud.asked;
  expect(second?.startId).not.toBe(first?.startId);
  expect((await row(id)).infrastructure_pid).toBe(`task:${second?.startId}`);
});

test("a submission that fails crashes its run with the reason, and frees its slot for the next", async () => {
  await aPool();
  const deployment = await aDeployment({ concurrency_limit: 1 });
  const first = await aRun(deployment);
  await pass(aCloud(() => Promise.reject(new Error("AccessDenied: no such role\0"))));
  expect(await row(first)).toMatchObject({
    state_type: "CRASHED",
    state_message: 'Flow run could not be submitted to work pool "cloud": AccessDenied: no such role',
  });
  const [second, third] = [await aRun(deployment), await aRun(deployment)];
  const cloud = aCloud();
  await pass(cloud);
  expect(cloud.asked).toHaveLength(1);
  const states = (await Promise.all([second, third].map(row))).map(({ state_name }) => state_name);
  expect(states.sort()).toEqual(["AwaitingConcurrencySlot", "Pending"]);
});

test("a run whose job variables do not fit its pool crashes and says so; nothing is submitted", async () => {
  const pool = await aPool();
  const id = await aRun(await aDeployment({ job_variables: { command: "x" } }));
  const required = { ...template, variables: { ...template.variables, required: ["env"] } };
  await updateWorkPool(ws.ctx(), { work_pool_name: String(pool.name), base_job_template: required });
  const cloud = aCloud();
  await pass(cloud);
  expect(cloud.asked).toEqual([]);
  expect(await row(id)).toMatchObject({
    state_type: "CRASHED",
    state_message: expect.stringMatching(/job variables do not fit.*env/),
  });
});

test("a run that was started although its submission failed goes on", async () => {
  await aPool();
  const id = await aRun(await aDeployment());
  const late = aCloud(async () => {
    await propose(id, { type: "RUNNING" });
    throw new Error("connection reset");
  });
  await pass(late);
  expect(await row(id)).toMatchObject({ state_type: "RUNNING" });
});

test("nothing is started in a paused pool or queue; queues have priorities, and limits of pool and queue hold", async () => {
  await aPool({ concurrency_limit: 2 });
  const low = await aDeployment({ name: "low" });
  await createWorkQueue(ws.ctx(), { work_pool_name: "cloud", name: "urgent", priority: 1, concurrency_limit: 1 });
  const urgent = await aDeployment({ name: "urgent", work_queue_name: "urgent" });
  const pool = (is_paused: boolean) => updateWorkPool(ws.ctx(), { work_pool_name: "cloud", is_paused });
  const queue = (name: string, is_paused: boolean) =>
    updateWorkQueue(ws.ctx(), { work_pool_name: "cloud", work_queue_name: name, changes: { is_paused } });
  const lows = [await aRun(low), await aRun(low)];
  const urgents = [await aRun(urgent), await aRun(urgent)];
  const cloud = aCloud();
  await pool(true);
  await pass(cloud);
  await pool(false);
  await Promise.all([queue("default", true), queue("urgent", true)]);
  await pass(cloud);
  expect(cloud.asked).toEqual([]);
  await Promise.all([queue("default", false), queue("urgent", false)]);
  for (let turn = 0; turn < 3; turn += 1) await pass(cloud);
  const started = cloud.asked.map(({ run }) => run.id);
  expect(started).toHaveLength(2);
  expect(started.filter((id) => urgents.includes(id))).toHaveLength(1);
  await propose(started.find((id) => lows.includes(id)) ?? "", { type: "CRASHED" });
  await pass(cloud);
  expect(cloud.asked).toHaveLength(3);
  expect(lows).toContain(cloud.asked[2]?.run.id);
});

test("what another took, or nobody may start, is left alone", async () => {
  await aPool();
  const [deployment, deleted] = [await aDeployment(), await aDeployment({ name: "deleted" })];
  const [taken, orphaned] = [await aRun(deployment), await aRun(deleted)];
  await propose(orphaned, { type: "SCHEDULED", name: "AwaitingRetry" });
  await deleteDeployment(ws.ctx(), { id: deleted });
  const [pool] = await poolsToServe(base.services, TYPE, [], 1);
  await propose(taken, { type: "PENDING" });
  const cloud = aCloud();
  if (pool) await submitDueRuns(base.services, cloud, pool);
  expect(cloud.asked).toEqual([]);
});

test("only pools of the submitter's own type are served, and none that it is at work on", async () => {
  await aPool();
  await aRun(await aDeployment());
  expect(await poolsToServe(base.services, "modal:push", [], 10)).toEqual([]);
  const [mine] = await poolsToServe(base.services, TYPE, [], 10);
  expect(await poolsToServe(base.services, TYPE, [String(mine?.id)], 10)).toEqual([]);
});

test("a submitter that does not answer in time crashes the run, and what it answers later is nothing", async () => {
  await aPool();
  const id = await aRun(await aDeployment());
  const deadline = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(deadline.signal);
  let answer: ((pid: string) => void) | undefined;
  const silent = aCloud(() => {
    setImmediate(() => deadline.abort());
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  await pass(silent);
  timeout.mockRestore();
  answer?.("late");
  expect(await row(id)).toMatchObject({
    ...{ state_type: "CRASHED", infrastructure_pid: null },
    state_message: expect.stringMatching(/no answer within 30 seconds/),
  });
});

test("pools that Weir serves, their queues and deployments are ready, paused ones paused", async () => {
  await aPool();
  const deployment = await aDeployment();
  await createWorkQueue(ws.ctx(), { work_pool_name: "cloud", name: "stopped", is_paused: true });
  const { store } = ws.ctx();
  const statuses = async () => [
    (await store.deployments.get(deployment))?.status,
    (await store.workQueues.getByName("cloud", "default"))?.status,
    (await store.workQueues.getByName("cloud", "stopped"))?.status,
  ];
  expect(await statuses()).toEqual(["NOT_READY", "NOT_READY", "PAUSED"]);
  for (const seconds of [0, 35, 70]) {
    after(seconds);
    await keepServedReady(base.services, TYPE);
    await markUnready(base.services);
    expect(await statuses()).toEqual(["READY", "READY", "PAUSED"]);
  }
});
