import { randomUUID } from "node:crypto";
import { type Micros, parseInstant } from "@weir/contracts";
import { aFlow, aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDeploymentRun } from "../deployment/run.ts";
import { createDeployment } from "../deployment/save.ts";
import { endPaused } from "../fleet/watch-runs.ts";
import { createFlowRunInput, deleteFlowRunInput, filterFlowRunInputs, readFlowRunInput } from "./inputs.ts";
import { resumeFlowRun } from "./resume.ts";
import { setFlowRunState } from "./set-state.ts";

let base: TestDatabase;
let ws: TestWorkspace;
const day = "2026-08-01";
const at = (time: string) => base.setClock(parseInstant(`${day}T${time}Z`) as Micros);

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
beforeEach(() => at("12:00:00"));
afterAll(() => base.drop());

const keyset = { schema: "ask-schema", response: "ask-response" };
const schema = { type: "object", properties: { count: { type: "integer" } }, required: ["count"] };
const propose = async (id: string, type: string, details: Record<string, unknown> = {}, name?: string) =>
  (await setFlowRunState(ws.ctx(), { id, state: { type, name, state_details: details } })).body;
const pause = (details: Record<string, unknown> = {}) => ({
  ...{ pause_timeout: `${day}T12:05:00Z`, pause_key: "1" },
  ...details,
});
const resume = async (id: string, run_input?: unknown) => (await resumeFlowRun(ws.ctx(), { id, run_input })).body;
const row = async (id: string) => (await ws.ctx().store.flowRuns.get(id)) ?? expect.fail("the run is gone");

async function aPausedRun(details: Record<string, unknown> = {}): Promise<string> {
  const id = await aFlowRun(ws);
  await propose(id, "RUNNING");
  expect(await propose(id, "PAUSED", pause(details))).toMatchObject({ status: "ACCEPT" });
  return id;
}

async function aDeploymentRun(): Promise<string> {
  const flow_id = await aFlow(ws);
  const { id } = (await createDeployment(ws.ctx(), { name: "d", flow_id })).body;
  return String((await createDeploymentRun(ws.ctx(), { id })).body.id);
}

test("a paused run goes on in its process, and its pause does not fire twice", async () => {
  const id = await aPausedRun();
  expect(await resume(id)).toMatchObject({ status: "ACCEPT", state: { type: "RUNNING" } });
  expect(await propose(id, "PAUSED", pause())).toMatchObject({
    status: "REJECT",
    state: { type: "RUNNING" },
    details: { reason: "This pause has already fired." },
  });
});

test("a suspended run waits for a worker, in the attempt that it was in", async () => {
  const id = await aDeploymentRun();
  await propose(id, "PENDING");
  await propose(id, "RUNNING");
  await propose(id, "PAUSED", pause({ pause_reschedule: true }), "Suspended");
  expect(await resume(id)).toMatchObject({ status: "ACCEPT", state: { type: "SCHEDULED", name: "Resuming" } });
  await propose(id, "PENDING");
  await propose(id, "RUNNING");
  expect(await row(id)).toMatchObject({ run_count: 1, state_type: "RUNNING" });
});

test.each([undefined, "RUNNING", "COMPLETED"])("a run in state %s is not resumed", async (type) => {
  const id = await aFlowRun(ws);
  if (type) await propose(id, type);
  expect(await resume(id)).toEqual({
    status: "ABORT",
    state: null,
    details: { type: "abort_details", reason: "Cannot resume a flow run that is not paused." },
  });
});

test("of many who resume a run, one does, and its answer is the one that is kept", async () => {
  const id = await aPausedRun({ run_input_keyset: keyset });
  await createFlowRunInput(ws.ctx(), { id, key: keyset.schema, value: JSON.stringify(schema) });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, count) => resume(id, { count })));
  const winners = answers.flatMap(({ status }, count) => (status === "ACCEPT" ? [count] : []));
  expect(winners).toHaveLength(1);
  const value = await readFlowRunInput(ws.ctx(), { id, key: keyset.response });
  expect(JSON.parse(value)).toEqual({ count: winners[0] });
});

test.each([
  ["does not fit", JSON.stringify(schema), { count: "x" }, /^Reason: Validation failed for field 'count'/],
  ["is not given", JSON.stringify(schema), undefined, /'count' is a required property/],
  ["has no question", undefined, { count: 1 }, /^Run input schema not found\.$/],
  ["has a question that is not JSON", "{", { count: 1 }, /^Run input schema is not valid JSON\.$/],
  ["has a question without end", '{"$ref":"#"}', { count: 1 }, /circular references/],
])("an answer that %s leaves the run paused", async (_, question, answer, reason) => {
  const id = await aPausedRun({ run_input_keyset: keyset });
  if (question) await createFlowRunInput(ws.ctx(), { id, key: keyset.schema, value: question });
  expect(await resume(id, answer)).toMatchObject({
    status: "REJECT",
    state: { type: "PAUSED" },
    details: { reason: expect.stringMatching(reason) },
  });
  expect(await filterFlowRunInputs(ws.ctx(), { id, prefix: keyset.response })).toEqual([]);
});

test("an empty answer that fits is an answer", async () => {
  const id = await aPausedRun({ run_input_keyset: keyset });
  await createFlowRunInput(ws.ctx(), { id, key: keyset.schema, value: "{}" });
  expect(await resume(id)).toMatchObject({ status: "ACCEPT" });
  expect(await readFlowRunInput(ws.ctx(), { id, key: keyset.response })).toBe("{}");
});

test("a pause that timed out fails, whether somebody asks or not, and keeps no answer", async () => {
  const [asked, left] = [await aPausedRun({ run_input_keyset: keyset }), await aPausedRun()];
  await createFlowRunInput(ws.ctx(), { id: asked, key: keyset.schema, value: "{}" });
  at("12:05:01");
  expect(await resume(asked, { count: 1 })).toMatchObject({
    status: "REJECT",
    state: { type: "FAILED", message: "The flow was running and never resumed." },
  });
  expect(await filterFlowRunInputs(ws.ctx(), { id: asked, prefix: keyset.response })).toEqual([]);
  await endPaused(base.services);
  expect(await row(left)).toMatchObject({
    state_type: "FAILED",
    state_message: "The flow was paused and never resumed.",
  });
});

test("inputs are found by the beginning of their key, oldest first, and each key is told once", async () => {
  const id = await aFlowRun(ws);
  for (const [second, key] of ["a-1", "b-1", "a-2", "a-3"].entries()) {
    at(`12:00:0${second}`);
    await createFlowRunInput(ws.ctx(), { id, key, value: '"x"' });
  }
  const keys = async (more: Record<string, unknown>) =>
    (await filterFlowRunInputs(ws.ctx(), { id, prefix: "a-", ...more })).map(({ key }) => key);
  expect(await keys({ limit: 10 })).toEqual(["a-1", "a-2", "a-3"]);
  expect(await keys({})).toEqual(["a-1"]);
  expect(await keys({ exclude_keys: ["a-1"] })).toEqual(["a-2"]);
  const told = async (key: string, value = "2") => createFlowRunInput(ws.ctx(), { id, key, value });
  await expect(told("a-1")).rejects.toMatchObject({ status: 409 });
  await expect(told("a-1", '"x"')).rejects.toMatchObject({ status: 409 });
  // Keys that are made for one request tell that it is said again, by somebody who lost the answer.
  for (const key of [`a-${randomUUID()}`, "paused-1-schema"]) {
    for (let turn = 0; turn < 2; turn += 1) expect(await told(key)).toBe(null);
    await expect(told(key, "3")).rejects.toMatchObject({ status: 409 });
    await deleteFlowRunInput(ws.ctx(), { id, key });
  }
  expect(await keys({ limit: 10 })).toEqual(["a-1", "a-2", "a-3"]);
  await expect(told("A 1")).rejects.toMatchObject({ status: 422 });
  await ws.ctx().store.flowRuns.remove(id);
  expect(await ws.ctx().store.flowRunInputs.list(id, "", [], 9)).toEqual([]);
  await expect(told("b")).rejects.toMatchObject({ status: 404 });
});
