import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFlowRun } from "../flow-run/create.ts";
import type { Services } from "../services.ts";
import { createWorkPool, deleteWorkPool, updateWorkPool } from "../work-pool/verbs.ts";
import { updateWorkQueue } from "../work-queue/verbs.ts";
import { createDeploymentRun, createDeploymentRuns } from "./run.ts";
import { createDeployment, deleteDeployment, disableDeployment, enableDeployment, updateDeployment } from "./save.ts";

let base: TestDatabase;
let ws: TestWorkspace;
let other: Services;

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  other = base.replica();
});
afterAll(() => base.drop());

const here = () => ws.ctx();
const there = () => ws.ctx(other);
type Given = Record<string, unknown>;

/** A deployment that this replica remembers: it has made a run of it. */
async function aRemembered(given: Given = {}): Promise<string> {
  const flow_id = await aFlow(ws);
  const { body } = await createDeployment(here(), { name: randomUUID(), flow_id, parameters: { n: 1 }, ...given });
  const id = String(body.id);
  await run(id);
  expect(here().store.deployments.recalled(id)).toBeDefined();
  return id;
}
const run = async (id: string, given: Given = {}) =>
  (await createDeploymentRun(here(), { id, ...given })).body as Given & { id: string };
const ofIntegers = { type: "object", properties: { n: { type: "integer" } } };
const ofTexts = { type: "object", properties: { n: { type: "string" } } };

test("a run is made of what another replica has made of the deployment meanwhile", async () => {
  const id = await aRemembered({ tags: ["old"], version: "1" });
  await updateDeployment(there(), { id, tags: ["new"], version: "2", parameters: { n: 2 }, job_variables: { a: 1 } });
  const made = await run(id);
  expect(made).toMatchObject({ tags: ["new"], deployment_version: "2" });
  expect(JSON.stringify(made.parameters)).toBe('{"n":2}');
  const [now] = await base.db.query(sql`select version_id from deployment where id = ${id}`);
  expect(made.deployment_version_id).toBe(now?.version_id);
});

test("a deployment deleted or disabled on another replica makes no more runs, one enabled again does", async () => {
  const id = await aRemembered();
  await disableDeployment(there(), { id });
  await expect(run(id)).rejects.toThrow(/is disabled/);
  await enableDeployment(there(), { id });
  expect((await run(id)).deployment_id).toBe(id);
  await deleteDeployment(there(), { id });
  await expect(run(id)).rejects.toThrow("Deployment not found");
  const [left] = await base.db.query(sql`
    select count(*) as runs from flow_run where deployment_id = ${id} and created > now() - interval '1 hour'`);
  // Those that had not started went with it.
  expect(left?.runs).toBe(0);
});

test("parameters are checked by the schema as it is now, those that did not fit by the one of before too", async () => {
  const id = await aRemembered({ parameter_openapi_schema: ofIntegers });
  await expect(run(id, { parameters: { n: "a" } })).rejects.toThrow(/not of type 'integer'/);
  await updateDeployment(there(), { id, parameter_openapi_schema: ofTexts, parameters: { n: "x" } });
  expect((await run(id, { parameters: { n: "a" } })).id).toBeDefined();
  await expect(run(id, { parameters: { n: 1 } })).rejects.toThrow(/not of type 'string'/);
  await updateDeployment(there(), { id, enforce_parameter_schema: false });
  expect((await run(id, { parameters: { n: 1 } })).id).toBeDefined();
});

test("a run goes where the deployment's pool and queue are now, checked by the template that is there now", async () => {
  const variables = { type: "object", properties: { cpu: { type: "integer" } } };
  const pool = `pool-${randomUUID().slice(0, 8)}`;
  const template = { job_configuration: { cpu: "{{ cpu }}" }, variables };
  await createWorkPool(here(), { name: pool, type: "process", base_job_template: template });
  const id = await aRemembered({ work_pool_name: pool });
  await updateWorkQueue(there(), { work_pool_name: pool, work_queue_name: "default", changes: { name: "renamed" } });
  expect(await run(id)).toMatchObject({ work_pool_name: pool, work_queue_name: "renamed" });
  const text = { ...template, variables: { type: "object", properties: { cpu: { type: "string" } } } };
  await updateWorkPool(there(), { work_pool_name: pool, base_job_template: text });
  await expect(run(id, { job_variables: { cpu: 2 } })).rejects.toThrow(/not of type 'string'/);
  expect((await run(id, { job_variables: { cpu: "2" } })).id).toBeDefined();
  await deleteWorkPool(there(), { work_pool_name: pool });
  expect(await run(id)).toMatchObject({ work_pool_name: null, work_queue_id: null });
});

test("while a deployment changes, each run is made of one of its versions, whole", async () => {
  const id = await aRemembered();
  let done = false;
  const changing = (async () => {
    for (let n = 2; !done; n += 1) await updateDeployment(there(), { id, parameters: { n }, version: String(n) });
  })();
  const made = new Map<unknown, unknown>();
  while (made.size < 6) {
    const some = await Promise.allSettled(Array.from({ length: 6 }, () => run(id)));
    for (const one of some) {
      if (one.status === "fulfilled")
        made.set(one.value.deployment_version ?? "1", JSON.stringify(one.value.parameters));
    }
  }
  done = true;
  await changing;
  for (const [version, parameters] of made) expect(parameters).toBe(`{"n":${version}}`);
});

test("a poll of the queue does not make what is remembered of its deployments out of date", async () => {
  const pool = `pool-${randomUUID().slice(0, 8)}`;
  await createWorkPool(here(), { name: pool, type: "process" });
  const id = await aRemembered({ work_pool_name: pool });
  const queue = (await run(id)).work_queue_id as string;
  await there().store.workQueues.markPolled([queue], "2026-01-01T00:00:00Z");
  await run(id);
  const known = here().store.deployments.recalled(id);
  await there().store.workQueues.markPolled([queue], "2026-01-02T00:00:00Z");
  await run(id);
  expect(here().store.deployments.recalled(id)).toBe(known);
});

test("a repeated key is the same run, whatever was remembered", async () => {
  const id = await aRemembered();
  const first = await run(id, { idempotency_key: "k" });
  await updateDeployment(there(), { id, tags: ["changed"] });
  const again = await createDeploymentRun(here(), { id, idempotency_key: "k" });
  expect(again).toMatchObject({ isNew: false, body: { id: first.id } });
});

test("runs in bulk, and those that an engine makes of a deployment, are of what it is now as well", async () => {
  const id = await aRemembered();
  await updateDeployment(there(), { id, parameters: { n: 5 }, version: "5" });
  const { results } = await createDeploymentRuns(here(), { id, flow_runs: [{}, {}] });
  for (const { flow_run } of results) expect(flow_run).toMatchObject({ deployment_version: "5" });
  await updateDeployment(there(), { id, version: "6" });
  const flow_id = await aFlow(ws);
  expect((await createFlowRun(here(), { flow_id, deployment_id: id })).body).toMatchObject({ deployment_version: "6" });
});
