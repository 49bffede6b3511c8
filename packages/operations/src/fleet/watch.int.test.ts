import { type Micros, parseInstant } from "@weir/contracts";
import { aFlow, aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDeploymentRun } from "../deployment/run.ts";
import { createDeployment, deleteDeployment, updateDeployment } from "../deployment/save.ts";
import { updateFlowRun } from "../flow-run/change.ts";
import { resumeFlowRun } from "../flow-run/resume.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import { createTaskRun } from "../task-run/change.ts";
import { offerFlowRuns } from "../work-pool/poll.ts";
import { createWorkPool, updateWorkPool } from "../work-pool/verbs.ts";
import { heartbeatWorker } from "../worker/verbs.ts";
import { keepHistory } from "./keep-history.ts";
import { cancelChildren, endCancelling, endOrphaned, endPaused, markLateRuns } from "./watch-runs.ts";
import { markUnready } from "./watch-workers.ts";

let base: TestDatabase;
let ws: TestWorkspace;
const day = new Date().toISOString().slice(0, 10);
const at = (time: string) => base.setClock(parseInstant(`${day}T${time}Z`) as Micros);

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
beforeEach(() => at("12:00:00"));
afterAll(() => base.drop());

const run = async (id: string) => {
  const row = await ws.ctx().store.flowRuns.get(id);
  return `${row?.state_type} ${row?.state_name}`;
};
const propose = (id: string, state: Record<string, unknown>) => setFlowRunState(ws.ctx(), { id, state, force: true });
const scheduled = (time: string, name = "Scheduled") => ({
  type: "SCHEDULED",
  name,
  state_details: { scheduled_time: `${day}T${time}Z` },
});

test("a run is late fifteen seconds after its time, once, and can still be started", async () => {
  const [due, soon, retry] = await Promise.all([
    aFlowRun(ws, { state: scheduled("12:00:00") }),
    aFlowRun(ws, { state: scheduled("12:00:05") }),
    aFlowRun(ws, { state: scheduled("12:00:00", "AwaitingRetry") }),
  ]);
  at("12:00:15");
  expect(
    (await Promise.all([markLateRuns(base.services), markLateRuns(base.services)])).map((pass) => pass.late),
  ).toContain(1);
  expect([await run(due), await run(soon), await run(retry)]).toEqual([
    "SCHEDULED Late",
    "SCHEDULED Scheduled",
    "SCHEDULED AwaitingRetry",
  ]);
  expect(await ws.ctx().store.flowRuns.states(due)).toHaveLength(2);
  expect((await ws.ctx().store.flowRuns.get(due))?.next_scheduled_start_time).toBe(`${day}T12:00:00Z`);
  expect((await markLateRuns(base.services)).late).toBe(0);
  expect((await setFlowRunState(ws.ctx(), { id: due, state: { type: "PENDING" } })).body.status).toBe("ACCEPT");
});

test("a pool whose runs Weir starts is ready once it has credentials, and a late run of it says why nobody comes", async () => {
  const template = (value: unknown) => ({
    job_configuration: { key: "{{ aws_credentials }}" },
    variables: { type: "object", properties: { aws_credentials: { type: "object", default: value } } },
  });
  const status = async () => (await ws.ctx().store.workPools.getByName("pushed"))?.status;
  await createWorkPool(ws.ctx(), { name: "pushed", type: "ecs:push", base_job_template: template(null) });
  expect(await status()).toBe("NOT_READY");
  const flow_id = await aFlow(ws);
  const { body } = await createDeployment(ws.ctx(), { flow_id, name: "p", work_pool_name: "pushed" });
  const late = async () => {
    const { body: made } = await createDeploymentRun(ws.ctx(), { id: String(body.id), state: scheduled("12:00:00") });
    at("12:00:15");
    await markLateRuns(base.services);
    return (await ws.ctx().store.flowRuns.get(String(made.id)))?.state_message;
  };
  expect(await late()).toMatch(/no credentials/);
  const base_job_template = template({ $ref: { block_document_id: "x" } });
  await updateWorkPool(ws.ctx(), { work_pool_name: "pushed", base_job_template });
  expect(await status()).toBe("READY");
  await markUnready(base.services);
  expect(await status()).toBe("READY");
  expect(await late()).toMatch(/ecs:push, whose runs this server cannot start yet/);
  await updateWorkPool(ws.ctx(), { work_pool_name: "pushed", is_paused: true });
  await updateWorkPool(ws.ctx(), { work_pool_name: "pushed", base_job_template });
  expect(await status()).toBe("PAUSED");
  await updateWorkPool(ws.ctx(), { work_pool_name: "pushed", is_paused: false });
  expect(await status()).toBe("READY");
});

test("a worker is offline after three silent intervals, and its pool is not ready without another", async () => {
  await createWorkPool(ws.ctx(), { name: "watched", type: "process" });
  const beat = (name: string) =>
    heartbeatWorker(ws.ctx(), { work_pool_name: "watched", name, heartbeat_interval_seconds: 10 });
  await beat("one");
  at("12:00:20");
  await beat("two");
  const pool = async () => (await ws.ctx().store.workPools.getByName("watched"))?.status;
  at("12:00:30");
  expect(await markUnready(base.services)).toMatchObject({ workers: 1, pools: 0 });
  expect(await pool()).toBe("READY");
  at("12:00:50");
  expect(await markUnready(base.services)).toMatchObject({ workers: 1, pools: 1 });
  expect(await pool()).toBe("NOT_READY");
  await beat("one");
  expect(await pool()).toBe("READY");
});

test("a queue and its deployments are not ready when nobody polled for a minute, and nobody's `updated` moves", async () => {
  await createWorkPool(ws.ctx(), { name: "polled", type: "process" });
  const made = await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d", work_pool_name: "polled" });
  const { store } = ws.ctx();
  const state = async () => {
    const deployment = await store.deployments.get(String(made.body.id));
    const queue = await store.workQueues.getByName("polled", "default");
    return [deployment?.status, queue?.status, deployment?.updated === made.body.updated];
  };
  const queue = await store.workQueues.getByName("polled", "default");
  await store.workQueues.markPolled([queue?.id ?? ""], `${day}T12:00:00Z`);
  expect(await state()).toEqual(["READY", "READY", true]);
  at("12:00:50");
  await store.workQueues.markPolled([queue?.id ?? ""], `${day}T12:00:50Z`);
  at("12:01:30");
  expect(await markUnready(base.services)).toMatchObject({ queues: 0, deployments: 0 });
  at("12:01:50");
  expect(await markUnready(base.services)).toMatchObject({ queues: 1, deployments: 1 });
  expect(await state()).toEqual(["NOT_READY", "NOT_READY", true]);
});

test("a poll is noted where a queue is not ready or was not polled for five seconds, else it writes nothing", async () => {
  await createWorkPool(ws.ctx(), { name: "noted", type: "process" });
  const { store } = ws.ctx();
  const toNote = async (time: string) => {
    const now = `${day}T${time}Z`;
    return (await store.dispatch.offer("noted", null, { before: now, after: null, limit: 1 }, now))?.unmarkedIds;
  };
  const queue = (await store.workQueues.getByName("noted", "default"))?.id ?? "";
  expect(await toNote("12:00:00")).toEqual([queue]);
  await store.workQueues.markPolled([queue], `${day}T12:00:00Z`);
  expect(await toNote("12:00:05")).toEqual([]);
  expect(await toNote("12:00:06")).toEqual([queue]);
  at("12:05:00");
  await markUnready(base.services);
  expect(await toNote("12:00:05")).toEqual([queue]);
});

test("a run that does not stop in five minutes is cancelled", async () => {
  const id = await aFlowRun(ws);
  await propose(id, { type: "RUNNING" });
  await propose(id, { type: "CANCELLING" });
  at("12:04:59");
  expect(await endCancelling(base.services)).toBe(0);
  at("12:05:01");
  await endCancelling(base.services);
  expect(await run(id)).toBe("CANCELLED Cancelled");
});

test("a paused run that nobody resumes in time fails", async () => {
  const id = await aFlowRun(ws);
  await propose(id, { type: "RUNNING" });
  await propose(id, { type: "PAUSED", state_details: { pause_timeout: `${day}T12:10:00Z` } });
  at("12:09:59");
  await endPaused(base.services);
  expect(await run(id)).toBe("PAUSED Paused");
  at("12:10:00");
  await endPaused(base.services);
  expect(await run(id)).toBe("FAILED Failed");
});

test("what a cancelled run had under way is cancelled with it", async () => {
  const id = await aFlowRun(ws);
  await propose(id, { type: "RUNNING" });
  const task = async (key: string, state: Record<string, unknown>) => {
    const { body } = await createTaskRun(ws.ctx(), {
      flow_run_id: id,
      task_key: key,
      dynamic_key: key,
      name: key,
      state,
    });
    return String(body.id);
  };
  const [going, done, parent, parentOfDeployment] = [
    await task("going", { type: "RUNNING" }),
    await task("done", { type: "COMPLETED" }),
    await task("parent", { type: "RUNNING" }),
    await task("parent-2", { type: "RUNNING" }),
  ];
  const sub = await aFlowRun(ws, { parent_task_run_id: parent });
  await propose(sub, { type: "RUNNING" });
  const deployment = String((await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "sub" })).body.id);
  const deployed = String(
    (
      await createDeploymentRun(ws.ctx(), {
        id: deployment,
        parent_task_run_id: parentOfDeployment,
        state: { type: "PENDING" },
      })
    ).body.id,
  );
  await propose(deployed, { type: "RUNNING" });
  await ws.ctx().store.flowRuns.patch(deployed, { infrastructure_pid: "here:1" }, `${day}T12:00:00Z`);
  await propose(id, { type: "CANCELLED" });
  const since = parseInstant(`${day}T11:00:00Z`) as Micros;
  await Promise.all([cancelChildren(base.services, since), cancelChildren(base.services, since)]);
  const tasks = await Promise.all(
    [going, done].map(async (one) => (await ws.ctx().store.taskRuns.get(one))?.state_type),
  );
  expect(tasks).toEqual(["CANCELLED", "COMPLETED"]);
  expect([await run(sub), await run(deployed)]).toEqual(["CANCELLED Cancelled", "CANCELLING Cancelling"]);
});

test("partitions of the days to come are made, and making them again makes none", async () => {
  base.setClock(parseInstant("2031-03-01T00:00:00Z") as Micros);
  expect((await keepHistory(base.services)).made.length).toBeGreaterThan(0);
  expect((await keepHistory(base.services)).made).toEqual([]);
});

/** Each way in which a run waits whose deployment was deleted. */
const orphans: Record<
  string,
  { before: (id: string, deployment: string) => Promise<unknown>; after?: (id: string) => Promise<unknown> }
> = {
  "is retried": {
    before: (id) => propose(id, { type: "FAILED" }),
    after: (id) => propose(id, scheduled("12:00:00", "AwaitingRetry")),
  },
  "had run before": { before: (id) => propose(id, scheduled("12:00:00")) },
  "is resumed": {
    before: (id) =>
      propose(id, {
        ...{ type: "PAUSED", name: "Suspended" },
        state_details: { pause_reschedule: true, pause_timeout: `${day}T23:00:00Z` },
      }),
    after: (id) => resumeFlowRun(ws.ctx(), { id }),
  },
  "waits for a slot": {
    before: async (id, deployment) => {
      await updateDeployment(ws.ctx(), { id: deployment, concurrency_limit: 1 });
      const { body: holder } = await createDeploymentRun(ws.ctx(), { id: deployment });
      await setFlowRunState(ws.ctx(), { id: String(holder.id), state: { type: "PENDING" } });
      await propose(id, scheduled("12:00:00"));
      await setFlowRunState(ws.ctx(), { id, state: { type: "PENDING" } });
    },
  },
};

test.each(Object.entries(orphans))(
  "a run of a deleted deployment that %s ends when it is due",
  async (name, orphan) => {
    const pool = `pool ${name}`;
    await createWorkPool(ws.ctx(), { name: pool, type: "process" });
    const flow_id = await aFlow(ws);
    const { body: deployment } = await createDeployment(ws.ctx(), { flow_id, name: "d", work_pool_name: pool });
    const { body } = await createDeploymentRun(ws.ctx(), { id: String(deployment.id) });
    const id = String(body.id);
    await propose(id, { type: "PENDING" });
    await propose(id, { type: "RUNNING" });
    await orphan.before(id, String(deployment.id));
    await endOrphaned(base.services);
    await deleteDeployment(ws.ctx(), { id: String(deployment.id) });
    await orphan.after?.(id);
    at("12:01:00");
    const offered = async () => {
      const runs = await offerFlowRuns(ws.ctx(), { work_pool_name: pool });
      return runs.map(({ flow_run }) => flow_run.id);
    };
    expect(await offered()).toEqual([id]);
    expect((await setFlowRunState(ws.ctx(), { id, state: { type: "PENDING" } })).body.status).toBe("ABORT");
    await Promise.all([endOrphaned(base.services), endOrphaned(base.services)]);
    expect(await offered()).toEqual([]);
    expect(await run(id)).toBe("CANCELLED Cancelled");
    expect((await ws.ctx().store.flowRuns.get(id))?.state_message).toMatch(/deployment was deleted/);
    expect(await endOrphaned(base.services)).toBe(0);
  },
);

test("a run of a deleted deployment goes on where its own process retries it, and waits until it is due", async () => {
  const flow_id = await aFlow(ws);
  const { body: deployment } = await createDeployment(ws.ctx(), { flow_id, name: "own" });
  const made = async () => String((await createDeploymentRun(ws.ctx(), { id: String(deployment.id) })).body.id);
  const [retried, later] = [await made(), await made()];
  for (const id of [retried, later]) {
    await propose(id, { type: "PENDING" });
    await setFlowRunState(ws.ctx(), { id, state: { type: "RUNNING" } });
  }
  await updateFlowRun(ws.ctx(), { id: retried, empirical_policy: { retries: 1, retry_delay: 0 } });
  await setFlowRunState(ws.ctx(), { id: retried, state: { type: "FAILED" } });
  await deleteDeployment(ws.ctx(), { id: String(deployment.id) });
  await propose(later, scheduled("13:00:00"));
  at("12:59:00");
  expect(await endOrphaned(base.services)).toBe(0);
  expect([await run(retried), await run(later)]).toEqual(["SCHEDULED AwaitingRetry", "SCHEDULED Scheduled"]);
  expect((await setFlowRunState(ws.ctx(), { id: retried, state: { type: "RUNNING" } })).body.status).toBe("ACCEPT");
});
