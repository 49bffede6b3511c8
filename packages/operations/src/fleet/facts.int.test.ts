import { addSeconds, JsonText, jsonText, type Micros, parseInstant, toWire } from "@weir/contracts";
import { aFlow, aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createArtifact } from "../artifact/verbs.ts";
import { branchDeployment } from "../deployment/branch.ts";
import { offerDeploymentRuns } from "../deployment/read.ts";
import { createDeployment, deleteDeployment, disableDeployment, updateDeployment } from "../deployment/save.ts";
import { filterEvents } from "../event/verbs.ts";
import { deleteFlowRun, updateFlowRun, updateFlowRunLabels } from "../flow-run/change.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import { subscribeHints } from "../live/outbox.ts";
import { createTaskRun } from "../task-run/change.ts";
import { offerFlowRuns } from "../work-pool/poll.ts";
import { createWorkPool, deleteWorkPool, updateWorkPool } from "../work-pool/verbs.ts";
import { createWorkQueue, deleteWorkQueue, updateWorkQueue } from "../work-queue/verbs.ts";
import { heartbeatWorker } from "../worker/verbs.ts";
import { markUnready } from "./watch-workers.ts";

let base: TestDatabase;
let ws: TestWorkspace;
const start = parseInstant(new Date().toISOString()) as Micros;
const after = (seconds: number) => base.setClock(addSeconds(start, seconds));

beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

async function fresh(): Promise<void> {
  ws = await aWorkspace(base.services);
  after(0);
}

type Told = { event: string; resource: Record<string, string>; related: Record<string, string>[]; payload: unknown };
async function told(...kinds: string[]): Promise<Told[]> {
  const filter = { occurred: { since: "2020-01-01T00:00:00Z", until: "2099-01-01T00:00:00Z" }, order: "ASC" };
  const page = await filterEvents(ws.ctx(), { filter });
  const all = JSON.parse(JSON.stringify(page.events)) as Told[];
  return all.filter(({ event }) => kinds.some((kind) => event.startsWith(`prefect.${kind}.`)));
}
const names = async (...kinds: string[]) => (await told(...kinds)).map(({ event }) => event.replace("prefect.", ""));
const ready = async (path: "workQueues" | "deployments", id: string) =>
  expect.poll(async () => (await ws.ctx().store[path].get(id))?.status).toBe("READY");

test("a pool tells of each change of its status, once, and of its life", async () => {
  await fresh();
  const pool = await createWorkPool(ws.ctx(), { name: "p", type: "process" });
  after(1);
  const beat = (name: string) => heartbeatWorker(ws.ctx(), { work_pool_name: "p", name });
  await Promise.all(["a", "b", "c"].map(beat));
  await beat("a");
  after(91);
  await Promise.all([markUnready(base.services), markUnready(base.services)]);
  const change = { work_pool_name: "p" };
  after(92);
  await updateWorkPool(ws.ctx(), { ...change, is_paused: true });
  after(93);
  await updateWorkPool(ws.ctx(), { ...change, is_paused: true });
  await updateWorkPool(ws.ctx(), { ...change, description: "x" });
  after(94);
  await updateWorkPool(ws.ctx(), { ...change, is_paused: false });
  after(95);
  await Promise.allSettled([deleteWorkPool(ws.ctx(), change), deleteWorkPool(ws.ctx(), change)]);
  const life = await names("work-pool");
  expect(life.slice(0, 2).sort()).toEqual(["work-pool.created", "work-pool.not-ready"]);
  expect(life.slice(2)).toEqual([
    "work-pool.ready",
    "work-pool.not-ready",
    "work-pool.paused",
    "work-pool.updated",
    "work-pool.not-ready",
    "work-pool.deleted",
  ]);
  expect((await told("work-pool"))[0]?.resource).toEqual({
    "prefect.resource.id": `prefect.work-pool.${pool.id}`,
    "prefect.resource.name": "p",
    "prefect.work-pool.type": "process",
  });
});

test("queues and deployments tell when they are polled, and when nobody polls any more", async () => {
  await fresh();
  await createWorkPool(ws.ctx(), { name: "p", type: "process" });
  const queue = await createWorkQueue(ws.ctx(), { work_pool_name: "p", name: "q" });
  const flow_id = await aFlow(ws, "f");
  const made = await createDeployment(ws.ctx(), { flow_id, name: "d", work_pool_name: "p", work_queue_name: "q" });
  const served = await createDeployment(ws.ctx(), { flow_id, name: "served" });
  after(1);
  await offerFlowRuns(ws.ctx(), { work_pool_name: "p", work_queue_names: ["q"] });
  await ready("workQueues", String(queue.id));
  await ready("deployments", String(made.body.id));
  await offerFlowRuns(ws.ctx(), { work_pool_name: "p", work_queue_names: ["q"] });
  await offerDeploymentRuns(ws.ctx(), { deployment_ids: [served.body.id] });
  await ready("deployments", String(served.body.id));
  after(90);
  await markUnready(base.services);
  expect((await names("work-queue")).filter((name) => !name.endsWith("created"))).toEqual([
    "work-queue.ready",
    "work-queue.not-ready",
  ]);
  const events = (await told("deployment")).filter(({ event }) => event.endsWith("ready"));
  expect(events.map(({ event }) => event)).toEqual([
    "prefect.deployment.ready",
    "prefect.deployment.ready",
    "prefect.deployment.not-ready",
    "prefect.deployment.not-ready",
  ]);
  const first = events.find(({ resource }) => resource["prefect.resource.name"] === "d");
  expect(first?.related.map((one) => [one["prefect.resource.role"], one["prefect.resource.name"]])).toEqual([
    ["flow", "f"],
    ["work-queue", "q"],
    ["work-pool", "p"],
  ]);
});

test("a deployment tells of its life and what a change made of its fields; a queue too", async () => {
  await fresh();
  await createWorkPool(ws.ctx(), { name: "p", type: "process" });
  const { body } = await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d" });
  const id = String(body.id);
  const step = (seconds: number) => after(seconds);
  step(1);
  await updateDeployment(ws.ctx(), { id, description: "x", tags: ["a"] });
  step(2);
  await disableDeployment(ws.ctx(), { id });
  step(3);
  await branchDeployment(ws.ctx(), { id, branch: "b" });
  step(4);
  await deleteDeployment(ws.ctx(), { id });
  await expect(deleteDeployment(ws.ctx(), { id })).rejects.toThrow("not found");
  const life = (await told("deployment")).filter(({ resource }) => resource["prefect.resource.name"] === "d");
  expect(life.map(({ event, payload }) => [event, payload])).toEqual([
    ["prefect.deployment.created", {}],
    [
      "prefect.deployment.updated",
      {
        updated_fields: ["description", "tags"],
        updates: { description: { from: null, to: "x" }, tags: { from: [], to: ["a"] } },
      },
    ],
    ["prefect.deployment.disabled", {}],
    ["prefect.deployment.deleted", {}],
  ]);
  const named = { work_pool_name: "p", work_queue_name: "q" };
  await createWorkQueue(ws.ctx(), { work_pool_name: "p", name: "q" });
  step(5);
  await updateWorkQueue(ws.ctx(), { ...named, changes: { is_paused: true } });
  step(6);
  await deleteWorkQueue(ws.ctx(), named);
  expect((await names("work-queue")).slice(-3)).toEqual([
    "work-queue.created",
    "work-queue.paused",
    "work-queue.deleted",
  ]);
});

/** The payloads of what was told as updated, oldest first; each call below has a second of its own. */
const updates = async (kind: string) =>
  (await told(kind)).filter(({ event }) => event.endsWith(".updated")).map(({ payload }) => payload);
async function inTurn(...calls: (() => Promise<unknown>)[]): Promise<void> {
  for (const [second, call] of calls.entries()) {
    after(second + 1);
    await call();
  }
}

test("a change tells what each field was and is, exactly as it was sent, and nothing of what it leaves as it was", async () => {
  await fresh();
  await createWorkPool(ws.ctx(), { name: "p", type: "process" });
  await createWorkQueue(ws.ctx(), { work_pool_name: "p", name: "q" });
  const deployment = { flow_id: await aFlow(ws), name: "d", parameters: new JsonText('{"a": 1.0, "b": [1]}') };
  const { body } = await createDeployment(ws.ctx(), deployment);
  const set = (fields: object) => () => updateDeployment(ws.ctx(), { id: body.id, ...fields });
  const queue = (changes: object) => () =>
    updateWorkQueue(ws.ctx(), { work_pool_name: "p", work_queue_name: "q", changes });
  const pool = (changes: object) => () => updateWorkPool(ws.ctx(), { work_pool_name: "p", ...changes });
  await inTurn(
    ...[set({ parameters: new JsonText('{"b":[1],"a":1}'), tags: [] }), () => createDeployment(ws.ctx(), deployment)],
    ...[set({ parameters: new JsonText('{"a": 1.50}') }), set({ concurrency_limit: 2 }), set({ concurrency_limit: 3 })],
    ...[pool({ concurrency_limit: 4 }), pool({ concurrency_limit: 4, description: "x" }), pool({ is_paused: true })],
    ...[
      queue({ priority: 1 }),
      queue({ priority: 1, is_paused: true }),
      queue({ last_polled: "2026-01-01T00:00:00Z" }),
    ],
  );
  const page = await filterEvents(ws.ctx(), { filter: { event: { name: ["prefect.deployment.updated"] } } });
  expect(toWire(page.events)).toContain('"updates":{"parameters":{"from":{"a": 1.0, "b": [1]},"to":{"a": 1.50}}}');
  const limit = { from: null, to: expect.any(String) };
  expect((await updates("deployment")).slice(1)).toEqual([
    { updated_fields: ["concurrency_limit_id"], updates: { concurrency_limit_id: limit } },
  ]);
  expect(await updates("work-pool")).toEqual([
    { updated_fields: ["concurrency_limit"], updates: { concurrency_limit: { from: null, to: 4 } } },
    { updated_fields: ["description"], updates: { description: { from: null, to: "x" } } },
  ]);
  expect(await updates("work-queue")).toEqual([
    { updated_fields: ["priority"], updates: { priority: { from: 2, to: 1 } } },
  ]);
});

test("where credentials may be kept a change is told without its values", async () => {
  await fresh();
  const template = (value: string) => ({
    job_configuration: { token: "{{ token }}" },
    variables: { properties: { token: { default: value } } },
  });
  await createWorkPool(ws.ctx(), { name: "p", type: "process", base_job_template: jsonText(template("s3cret-1")) });
  const { body } = await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d" });
  await inTurn(
    () => updateWorkPool(ws.ctx(), { work_pool_name: "p", base_job_template: jsonText(template("s3cret-2")) }),
    () =>
      updateDeployment(ws.ctx(), {
        id: body.id,
        job_variables: jsonText({ env: { TOKEN: "s3cret-3" } }),
        pull_steps: jsonText([{ clone: { token: "s3cret-4" } }]),
      }),
  );
  const stars = { from: "********", to: "********" };
  expect(await updates("work-pool")).toEqual([
    { updated_fields: ["base_job_template"], updates: { base_job_template: stars } },
  ]);
  expect(await updates("deployment")).toEqual([
    { updated_fields: ["pull_steps", "infra_overrides"], updates: { pull_steps: stars, infra_overrides: stars } },
  ]);
  expect(JSON.stringify(await told("work-pool", "deployment", "work-queue"))).not.toContain("s3cret");
});

test("whoever listens is told which rows changed", async () => {
  await fresh();
  const nouns = new Set<string>();
  const listening = await subscribeHints(base.services, ws.ctx().grant, ({ noun }) => nouns.add(noun));
  await createWorkPool(ws.ctx(), { name: "p", type: "process" });
  await createWorkQueue(ws.ctx(), { work_pool_name: "p", name: "q" });
  await createDeployment(ws.ctx(), { flow_id: await aFlow(ws), name: "d" });
  await createArtifact(ws.ctx(), { key: "k", data: "x" });
  await expect.poll(() => [...nouns].sort()).toEqual(["artifact", "deployment", "event", "work_pool", "work_queue"]);
  listening.stop();
});

test("a hint of a subflow run names the run that it is part of, whatever becomes of it", async () => {
  await fresh();
  const told: unknown[][] = [];
  const listening = await subscribeHints(base.services, ws.ctx().grant, ({ noun, keys }) => {
    if (noun === "flow_run") told.push(...(keys as unknown[][]));
  });
  const parent = await aFlowRun(ws);
  const { body: task } = await createTaskRun(ws.ctx(), { flow_run_id: parent, task_key: "t", dynamic_key: "0" });
  const child = await aFlowRun(ws, { parent_task_run_id: task.id });
  after(1);
  await setFlowRunState(ws.ctx(), { id: child, state: { type: "RUNNING" } });
  await updateFlowRun(ws.ctx(), { id: child, name: "renamed" });
  await updateFlowRunLabels(ws.ctx(), { id: child, labels: { team: "a" } });
  await deleteFlowRun(ws.ctx(), { id: child });
  await expect
    .poll(() => told)
    .toEqual([
      [parent, 1],
      [child, 1, parent],
      [child, 2, parent],
      [child, 2, parent],
      [child, 2, parent],
      [child, 0, parent],
    ]);
  listening.stop();
});
