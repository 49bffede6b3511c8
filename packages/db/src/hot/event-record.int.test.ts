import { randomUUID } from "node:crypto";
import { parseInstant } from "@weir/contracts";
import { aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../sql.ts";
import type { EventRecord } from "./event-record.ts";

let database: TestDatabase;
let workspace: TestWorkspace;

beforeAll(async () => {
  database = await testDatabase();
  workspace = await aWorkspace(database.services);
});
afterAll(() => database.drop());

type Told = { id: string; flowRunId: string; key: string; type: string; at: string };

function told({ id, flowRunId, key, type, at }: Told): Omit<EventRecord, "workspaceId" | "retentionDays"> {
  const absent = {
    cacheKey: null,
    cacheExpiration: null,
    taskVersion: null,
    nextScheduledStartTime: null,
    endTime: null,
  };
  return {
    id: randomUUID(),
    occurred: at,
    received: at,
    name: `prefect.task-run.${type}`,
    resourceId: `prefect.task-run.${id}`,
    involved: [`prefect.task-run.${id}`, `prefect.flow-run.${flowRunId}`],
    body: "{}",
    taskRun: {
      ...{ ...absent, id, flowRunId, name: "load", taskKey: "load", dynamicKey: key, policy: "{}", taskInputs: "{}" },
      ...{ tags: [], labels: "{}", runCount: 1, flowRunRunCount: 1, expectedStartTime: parseInstant(at) ?? null },
      ...{ startTime: null, totalRunTime: 0, state: { type, name: type, message: null, details: "{}", data: null } },
    },
  };
}

async function runsOf(flowRunId: string) {
  return database.db.query<{ id: string; state_type: string; states: number }>(sql`
    select t.id, t.state_type, (select count(*) from task_run_state s where s.task_run_id = t.id) as states
      from task_run t where t.flow_run_id = ${flowRunId}`);
}

test("states of an id that lost the race for its key go to the run that holds it", async () => {
  const { events } = workspace.ctx().store;
  const [flowRunId, first, second] = [randomUUID(), randomUUID(), randomUUID()];
  await events.record([told({ id: first, flowRunId, key: "0", type: "PENDING", at: "2026-11-24T12:00:00Z" })]);
  await events.record([told({ id: second, flowRunId, key: "0", type: "RUNNING", at: "2026-11-24T12:00:01Z" })]);
  expect(await runsOf(flowRunId)).toEqual([{ id: first, state_type: "RUNNING", states: 2 }]);
});

test("a batch in which one event is known stores the others, and that one no second time", async () => {
  const { events } = workspace.ctx().store;
  const [flowRunId, first, second] = [randomUUID(), randomUUID(), randomUUID()];
  const known = told({ id: first, flowRunId, key: "0", type: "RUNNING", at: "2026-11-24T12:00:00Z" });
  const fresh = told({ id: second, flowRunId, key: "1", type: "RUNNING", at: "2026-11-24T12:00:00Z" });
  await events.record([known]);
  await events.record([known, fresh]);
  expect((await runsOf(flowRunId)).map(({ states }) => states)).toEqual([1, 1]);
  const found = await events.list(
    {
      occurred: { since: "2026-11-24T00:00:00Z", until: "2026-11-25T00:00:00Z" },
      order: "ASC",
      any_resource: [{ id: [`prefect.flow-run.${flowRunId}`] }],
    },
    undefined,
    10,
  );
  expect(found.map(({ id }) => id).sort()).toEqual([known.id, fresh.id].sort());
});

test("of two states of one second, the one with a fraction is the newer", async () => {
  const { events } = workspace.ctx().store;
  const [flowRunId, id] = [randomUUID(), randomUUID()];
  await events.record([
    told({ id, flowRunId, key: "0", type: "COMPLETED", at: "2026-11-24T12:00:00.000001Z" }),
    told({ id, flowRunId, key: "0", type: "RUNNING", at: "2026-11-24T12:00:00Z" }),
  ]);
  expect(await runsOf(flowRunId)).toEqual([{ id, state_type: "COMPLETED", states: 2 }]);
});

test("a state tells of its run and its flow run, which are not stored with it", async () => {
  const { events, taskRuns } = workspace.ctx().store;
  const [flowRunId, id] = [randomUUID(), randomUUID()];
  const pending = told({ id, flowRunId, key: "0", type: "PENDING", at: "2026-11-24T12:00:00Z" });
  const done = told({ id, flowRunId, key: "0", type: "COMPLETED", at: "2026-11-24T12:00:01Z" });
  if (done.taskRun) done.taskRun.state.details = '{"untrackable_result":true,"n":{"a":{}}}';
  await events.record([pending]);
  await events.record([done]);
  const ids = { flow_run_id: flowRunId, task_run_id: id };
  const states = await taskRuns.states(id);
  expect(states.map((state) => state.state_details.object())).toEqual([
    ids,
    { ...ids, untrackable_result: true, n: { a: {} } },
  ]);
  expect((await taskRuns.get(id))?.state_details.object()).toEqual(states.at(-1)?.state_details.object());
});

test("an event is read back as it was sent, and takes less than it is long", async () => {
  const { events } = workspace.ctx().store;
  const [flowRunId, id] = [randomUUID(), randomUUID()];
  const at = "2026-11-24T12:00:00Z";
  const states = Array.from({ length: 20 }, (_, n) => `{"type":"RUNNING","name":"Running","message":"  try ${n} "}`);
  const body = `{"payload": [${states.join(", ")}]}`;
  const event = { ...told({ id, flowRunId, key: "0", type: "RUNNING", at }), body };
  await events.record([event]);
  const [found] = await events.byKeys([[at, event.id]]);
  expect(found?.body.text).toBe(body);
  const [stored] = await database.db.query<{ bytes: number }>(
    sql`select pg_column_size(body) as bytes from event where id = ${event.id}`,
  );
  expect(body.length).toBeLessThan(2_000);
  expect(stored?.bytes).toBeLessThan(body.length / 2);
});
