import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { aFlow, aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readSlotHolders } from "../concurrency/limits.ts";
import { incrementSlotsWithLease } from "../concurrency/slots.ts";
import { incrementTagSlots, limitTag, readTagLimit } from "../concurrency/tags.ts";
import { filterEvents } from "../event/verbs.ts";
import { reclaimSlots } from "../fleet/reclaim-slots.ts";
import { deleteFlowRun } from "../flow-run/change.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import { createTaskRun, deleteTaskRun, setTaskRunState } from "./change.ts";

let base: TestDatabase;
let ws: TestWorkspace;

beforeAll(async () => {
  base = await testDatabase();
});
beforeEach(async () => {
  ws = await aWorkspace(base.services);
});
afterAll(() => base.drop());

const limits = (tag: string, concurrency_limit: number) => limitTag(ws.ctx(), { tag, concurrency_limit });
const holders = async (tag: string) => (await readTagLimit(ws.ctx(), { tag })).active_slots;
const waiting = async (tag: string) => (await readSlotHolders(ws.ctx(), { id_or_name: `tag:${tag}` })).waiting.length;
const aRun = async () => aFlowRun(ws, { flow_id: await aFlow(ws), state: { type: "RUNNING" } });

async function aTask(tags: string[], flow_run_id?: string): Promise<string> {
  const made = { task_key: "t", dynamic_key: randomUUID(), tags, flow_run_id };
  return String((await createTaskRun(ws.ctx(), made)).body.id);
}
const propose = async (id: string, type: string, force = false, ctx = ws.ctx()) =>
  (await setTaskRunState(ctx, { id, state: { type }, force })).body;

test("a task holds a slot of each of its tags while it runs, and none before or after", async () => {
  await limits("a", 2);
  await limits("b", 1);
  const task = await aTask(["a", "b", "unlimited"]);
  expect(await holders("a")).toEqual([]);
  expect(await propose(task, "RUNNING")).toMatchObject({ status: "ACCEPT" });
  expect(await holders("a")).toEqual([task]);
  expect(await holders("b")).toEqual([task]);
  expect(await propose(task, "COMPLETED")).toMatchObject({ status: "ACCEPT" });
  expect(await holders("a")).toEqual([]);
  expect(await holders("b")).toEqual([]);
});

test("its slots are not lost to time, and are not taken twice", async () => {
  await limits("a", 1);
  const task = await aTask(["a"]);
  await propose(task, "RUNNING");
  const [lease] = await base.db.query(
    sql`select expires_at = 'infinity' as lasts, slots from concurrency_slot where holder_id = ${task}`,
  );
  expect(lease).toEqual({ lasts: true, slots: 1 });
  expect(await propose(task, "RUNNING")).toMatchObject({ status: "ACCEPT" });
  expect(await holders("a")).toEqual([task]);
});

test("who finds no slot has it as soon as one is free", async () => {
  await limits("a", 1);
  const [first, second] = [await aTask(["a"]), await aTask(["a"])];
  await propose(first, "RUNNING");
  const held = propose(second, "RUNNING");
  await expect.poll(() => waiting("a")).toBe(1);
  await propose(first, "FAILED");
  expect(await held).toMatchObject({ status: "ACCEPT", state: { type: "RUNNING" } });
  expect(await holders("a")).toEqual([second]);
});

test("who finds none for long is told to wait, holds nothing, and keeps the place", async () => {
  await limits("a", 1);
  await limits("b", 1);
  const [first, second] = [await aTask(["a"]), await aTask(["a", "b"])];
  await propose(first, "RUNNING");
  expect(await propose(second, "RUNNING")).toMatchObject({
    status: "WAIT",
    details: { delay_seconds: 1, reason: "Concurrency limit reached for tags: a" },
    state: { type: "PENDING" },
  });
  expect(await holders("b")).toEqual([]);
  expect(await waiting("a")).toBe(1);
}, 15_000);

test("old clients and new ones wait in one line", async () => {
  await limits("a", 1);
  const [first, second] = [await aTask(["a"]), await aTask(["a"])];
  await propose(first, "RUNNING");
  const old = propose(second, "RUNNING");
  await expect.poll(() => waiting("a")).toBe(1);
  const holder = { type: "task_run", id: randomUUID() };
  const young = incrementSlotsWithLease(ws.ctx(), { names: ["tag:a"], slots: 1, holder });
  await expect.poll(() => waiting("a")).toBe(2);
  await propose(first, "COMPLETED");
  expect(await old).toMatchObject({ status: "ACCEPT" });
  await propose(second, "COMPLETED");
  expect(await young).toMatchObject({ limits: [{ name: "tag:a" }] });
});

test("of many that start at once as many run as there are slots, and all in the end", async () => {
  await limits("a", 2);
  const tasks = await Promise.all(Array.from({ length: 8 }, () => aTask(["a"])));
  let most = 0;
  await Promise.all(
    tasks.map(async (task) => {
      while ((await propose(task, "RUNNING")).status === "WAIT");
      most = Math.max(most, (await holders("a")).length);
      await propose(task, "COMPLETED");
    }),
  );
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(2);
  expect(await holders("a")).toEqual([]);
}, 30_000);

test("a limit of 0 refuses the run", async () => {
  await limits("a", 0);
  expect(await propose(await aTask(["a"]), "RUNNING")).toMatchObject({
    status: "ABORT",
    details: { reason: 'The concurrency limit on tag "a" is 0 and will deadlock if the task tries to run again.' },
  });
});

test("a refusal after the slot was had gives it back", async () => {
  await limits("a", 1);
  const run = await aRun();
  const [first, second] = [await aTask(["a"]), await aTask(["a"], run)];
  await propose(first, "RUNNING");
  const held = propose(second, "RUNNING");
  await expect.poll(() => waiting("a")).toBe(1);
  await setFlowRunState(ws.ctx(), { id: run, state: { type: "CANCELLED" }, force: true });
  await propose(first, "COMPLETED");
  expect(await held).toMatchObject({ status: "ABORT" });
  expect(await holders("a")).toEqual([]);
});

test("a task or a flow run that is deleted holds nothing", async () => {
  await limits("a", 2);
  const run = await aRun();
  const [alone, inside] = [await aTask(["a"]), await aTask(["a"], run)];
  await propose(alone, "RUNNING");
  await propose(inside, "RUNNING");
  await deleteTaskRun(ws.ctx(), { id: alone });
  expect(await holders("a")).toEqual([inside]);
  await deleteFlowRun(ws.ctx(), { id: run });
  expect(await holders("a")).toEqual([]);
});

test("tasks of a flow run that died give their slots back, those of one that runs do not", async () => {
  await limits("a", 3);
  const [dead, alive] = [await aRun(), await aRun()];
  const [lost, kept, counted] = [await aTask(["a"], dead), await aTask(["a"], alive), await aTask(["a"], dead)];
  await propose(lost, "RUNNING");
  await propose(kept, "RUNNING");
  // Clients of 3.0 count their tags' slots themselves.
  await incrementTagSlots(ws.ctx(), { names: ["a"], task_run_id: counted });
  await setFlowRunState(ws.ctx(), { id: dead, state: { type: "CRASHED" }, force: true });
  await reclaimSlots(base.services);
  expect(await holders("a")).toEqual([kept]);
});

test("each state is told of as an event that says the server decided it", async () => {
  const run = await aRun();
  const task = await aTask(["a"], run);
  await propose(task, "RUNNING");
  await propose(task, "COMPLETED");
  const asked = { resource: { id: [`prefect.task-run.${task}`] }, order: "ASC" as const };
  const { events } = await filterEvents(ws.ctx(), { filter: asked });
  const bodies = events.map((event) => event.object());
  expect(bodies.map(({ event }) => event)).toEqual([
    "prefect.task-run.Pending",
    "prefect.task-run.Running",
    "prefect.task-run.Completed",
  ]);
  expect(bodies[1]).toMatchObject({
    resource: { "prefect.orchestration": "server", "prefect.run-count": "1", "prefect.state-type": "RUNNING" },
    payload: { intended: { from: "PENDING", to: "RUNNING" } },
    follows: bodies[0]?.id,
  });
  expect(JSON.stringify(bodies[1]?.related)).toContain(`prefect.flow-run.${run}`);
});
