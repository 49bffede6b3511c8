import { type Micros, parseInstant } from "@weir/contracts";
import { sql } from "@weir/db";
import {
  aFlow,
  aFlowRun,
  aWorkspace,
  TEST_RETENTION_DAYS,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createArtifact } from "../artifact/verbs.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import { createTaskRun, setTaskRunState } from "../task-run/change.ts";
import { keepHistory } from "./keep-history.ts";

let base: TestDatabase;
let ws: TestWorkspace;
let flow_id: string;
const START = parseInstant("2026-03-02T12:00:00Z") as Micros;
const DAY = 86_400_000_000;
const onDay = (day: number) => base.setClock((START + day * DAY) as Micros);

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  onDay(0);
  flow_id = await aFlow(ws);
});
afterAll(() => base.drop());

const ended = async (type: string): Promise<string> => {
  const id = await aFlowRun(ws, { flow_id });
  await setFlowRunState(ws.ctx(), { id, state: { type }, force: true });
  return id;
};
const aTask = async (flow_run_id: string | null, type: string): Promise<string> => {
  const { body } = await createTaskRun(ws.ctx(), { flow_run_id, task_key: "t", dynamic_key: `${Math.random()}` });
  await setTaskRunState(ws.ctx(), { id: String(body.id), state: { type }, force: true });
  return String(body.id);
};
const left = async (ids: string[]): Promise<boolean[]> =>
  Promise.all(ids.map(async (id) => (await ws.ctx().store.flowRuns.get(id)) !== undefined));
const tasksLeft = async (ids: string[]): Promise<boolean[]> =>
  Promise.all(ids.map(async (id) => (await ws.ctx().store.taskRuns.get(id)) !== undefined));

test("a run goes with its tasks once it ended longer ago than is kept, and not while it goes on", async () => {
  onDay(0);
  const ends = await Promise.all(["COMPLETED", "FAILED", "CANCELLED", "CRASHED"].map(ended));
  const going = await aFlowRun(ws, { flow_id });
  const late = await aFlowRun(ws, { flow_id });
  const [first = ""] = ends;
  const tasks = [await aTask(first, "COMPLETED"), await aTask(null, "COMPLETED")];
  const kept = [await aTask(going, "COMPLETED"), await aTask(null, "RUNNING")];
  onDay(1);
  await setFlowRunState(ws.ctx(), { id: late, state: { type: "COMPLETED" }, force: true });

  onDay(TEST_RETENTION_DAYS - 0.1);
  expect((await keepHistory(base.services)).flowRuns).toBe(0);
  onDay(TEST_RETENTION_DAYS + 0.1);
  expect(await keepHistory(base.services)).toMatchObject({ flowRuns: 4, isMore: false });
  expect(await left([...ends, going, late])).toEqual([false, false, false, false, true, true]);
  expect(await tasksLeft([...tasks, ...kept])).toEqual([false, false, true, true]);
  onDay(TEST_RETENTION_DAYS + 1.1);
  expect((await keepHistory(base.services)).flowRuns).toBe(1);
  expect(await left([going, late])).toEqual([true, false]);
});

test("artifacts go when they are old, a key with its last one", async () => {
  onDay(100);
  for (const key of ["old", "both"]) await createArtifact(ws.ctx(), { key, type: "markdown", data: "one" });
  onDay(110);
  await createArtifact(ws.ctx(), { key: "both", type: "markdown", data: "two" });
  onDay(100 + TEST_RETENTION_DAYS + 0.1);
  await keepHistory(base.services);
  const counted = await base.db.query(sql`
    select (select array_agg(data #>> '{}') from artifact where workspace_id = ${ws.workspaceId}) as artifacts,
           (select array_agg(key) from artifact_collection where workspace_id = ${ws.workspaceId}) as keys`);
  expect(counted).toEqual([{ artifacts: ["two"], keys: ["both"] }]);
});

test("many old runs go in bounded turns, by any number of copies, and none is left", async () => {
  onDay(200);
  const ids: string[] = [];
  for (let batch = 0; batch < 9; batch += 1) {
    ids.push(...(await Promise.all(Array.from({ length: 50 }, () => ended("COMPLETED")))));
  }
  onDay(200 + TEST_RETENTION_DAYS + 0.1);
  const turns: number[] = [];
  const copy = async (): Promise<void> => {
    const { flowRuns, isMore } = await keepHistory(base.services);
    turns.push(flowRuns);
    if (isMore) await copy();
  };
  await Promise.all([copy(), copy()]);
  await copy();
  expect(Math.max(...turns)).toBeLessThanOrEqual(200);
  expect(turns.reduce((sum, runs) => sum + runs)).toBe(450);
  expect((await left(ids)).filter(Boolean)).toEqual([]);
}, 60_000);
