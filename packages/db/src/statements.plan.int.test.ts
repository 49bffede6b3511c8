import { grantToSystem } from "@weir/auth";
import { type AccountId, type Micros, parseInstant, type WorkspaceId } from "@weir/contracts";
import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Db } from "./client.ts";
import { explainPlan, scannedTables } from "./fixtures/plans.ts";
import { seedRows } from "./fixtures/seed-rows.ts";
import { openHot } from "./hot/hot.ts";
import { type Sql, sql } from "./sql.ts";
import { outbox } from "./stores/outbox.ts";
import { openWorkspace, type WorkspaceStore } from "./workspace-store.ts";

const WORKSPACE = "01a20e0d-48bb-791a-86ba-293913ea8829";
const ID = "01a20e0d-48bb-791a-86ba-293913ea8830";
const RETENTION_DAYS = 30;

let database: TestDatabase;
/** A workspace whose statements are explained instead of run; each call's plans are kept until they are taken. */
let store: WorkspaceStore;
let explainedDb: Db;
let plans: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  await seedRows(database.url, { workspaceId: WORKSPACE, retentionDays: RETENTION_DAYS, rows: 200_000 });
  const { db } = database;
  const explain = async (statement: string, values: readonly unknown[]) => {
    plans.push(await explainPlan(db, statement, values));
    return [];
  };
  explainedDb = {
    ...db,
    query: (statement: Sql) => {
      const { text, values } = statement.render();
      return explain(text, values);
    },
    // Statements of the hot path keep one plan for all values: that is the plan to look at.
    hot: { query: async ({ text }: { text: string }) => ({ rows: await explain(text, []) }) } as unknown as Db["hot"],
  };
  store = storeOn(explainedDb);
}, 120_000);

afterAll(() => database.drop());

function storeOn(db: Db): WorkspaceStore {
  const grant = grantToSystem("plans", {
    workspaceId: WORKSPACE as WorkspaceId,
    accountId: ID as AccountId,
    retentionDays: RETENTION_DAYS,
  });
  return openWorkspace(db, openHot(db), grant);
}

async function explained(call: () => Promise<unknown>): Promise<string> {
  plans = [];
  // An answer without rows may be more than a store can make sense of; the statement was seen all the same.
  await call().catch(() => undefined);
  return plans.join("\n");
}

const NOW = "2026-06-24T22:00:00.000000Z";
const first = { offset: 0 } as const;
const later = { after: [NOW, ID] } as const;
const window = { before: NOW, after: null, limit: 10 };
const occurred = { since: "2026-06-01T00:00:00Z", until: NOW };

const state = { id: ID, type: "RUNNING", name: "Running", timestamp: NOW, message: null, details: "{}", data: null };
const event = {
  name: "prefect.flow-run.Running",
  resourceId: "prefect.flow-run.x",
  involved: ["prefect.flow-run.x"],
  body: "{}",
};
const write = { state, dispatch: null, event, parentStateId: ID };
const times = { runCount: 1, expectedStartTime: NOW, nextScheduledStartTime: null, startTime: NOW, endTime: null };
const newRun = {
  ...{
    id: ID,
    now: NOW,
    name: "x",
    flowId: ID,
    deploymentId: null,
    deploymentVersion: null,
    deploymentVersionId: null,
    deploymentMark: "seen",
    workPoolId: null,
  },
  ...{ workQueueId: null, workQueueName: null, flowVersion: null, parameters: "{}", context: "{}", policy: "{}" },
  ...{ jobVariables: "{}", labels: "{}", tags: [], idempotencyKey: null, parentTaskRunId: null, parentFlowRunId: null },
  ...{ createdBy: null, autoScheduled: false, run: times },
};
const toldEvent = { id: ID, occurred: NOW, received: NOW, ...event };
const taskRun = {
  ...{ id: ID, flowRunId: ID, name: "t", taskKey: "t", dynamicKey: "0", cacheKey: null, cacheExpiration: null },
  ...{ taskVersion: null, policy: "{}", taskInputs: "{}", tags: [], labels: "{}", runCount: 1, flowRunRunCount: 1 },
  ...{ expectedStartTime: null, nextScheduledStartTime: null, startTime: null, endTime: null, totalRunTime: 0 },
  state: { type: "RUNNING", name: "Running", message: null, details: "{}", data: null },
};
const line = {
  id: ID,
  timestamp: parseInstant(NOW) ?? (0 as Micros),
  flowRunId: ID,
  taskRunId: null,
  workerId: null,
  level: 20,
  name: "x",
  message: "x",
};
const beat = {
  poolName: "pool",
  id: ID,
  name: "w",
  now: NOW,
  intervalSeconds: 30,
  offlineAt: NOW,
  metadata: null,
  clientVersion: null,
};

const taken = {
  leases: [{ id: ID, limitIds: [ID], slots: 1, seconds: 60, holderType: null, holderId: null }],
  waits: [],
  leaves: [],
  ends: [ID],
};

const hot: Record<string, () => Promise<unknown>> = {
  "load a flow run": () => store.flowRuns.forTransition(ID),
  "read a flow run": () => store.flowRuns.get(ID),
  "read a deployment to make runs of": () => store.deployments.forRuns(ID),
  "read a flow": () => store.flows.get(ID),
  "commit a transition": () =>
    store.flowRuns.commit({
      ...write,
      id: ID,
      version: 1,
      run: { ...times, policy: null, cancelledBy: null, totalRunTime: 0 },
    }),
  "create a flow run": () => store.flowRuns.create({ ...write, ...newRun }),
  "record events": () => store.events.record([{ ...toldEvent, taskRun: null }]),
  "record events of task runs": () => store.events.record([{ ...toldEvent, taskRun }]),
  "write logs": () => store.logs.write([line]),
  "note a worker's heartbeat": () => store.workers.heartbeat(beat),
  "load limits and their queues": () => store.slots.load(["tag:x"], { ids: [ID], keys: ["x"] }, [ID]),
  "take slots and give some back": () =>
    store.slots.commit({ limits: [{ id: ID, version: 1, taken: 1, waitedSeconds: null }], ...taken }),
  "renew a lease": () => store.slots.renew(ID, 60),
  "read the outbox": () => outbox(explainedDb).after({ tx: 1, id: 1 }, 1_000),
};

const lists: Record<string, () => Promise<unknown>> = {
  "runs, newest first": () => store.flowRuns.list({}, "ID_DESC", first, 50),
  "runs by start, latest first": () => store.flowRuns.list({}, "START_TIME_DESC", first, 50),
  "runs by start, a later page": () => store.flowRuns.list({}, "START_TIME_DESC", later, 50),
  "runs by start, a page that was not walked to": () =>
    store.flowRuns.list({}, "START_TIME_DESC", { offset: 24_950 }, 50),
  "deployments by name": () => store.deployments.list({}, "NAME_ASC", first, 200),
  "runs by start, oldest first": () => store.flowRuns.list({}, "START_TIME_ASC", first, 50),
  "runs by expected start": () => store.flowRuns.list({}, "EXPECTED_START_TIME_DESC", first, 50),
  "runs in a rare state": () =>
    store.flowRuns.list({ flow_runs: { state: { type: { any_: ["CRASHED"] } } } }, "ID_DESC", first, 50),
  "runs in a common state, by start": () =>
    store.flowRuns.list({ flow_runs: { state: { type: { any_: ["COMPLETED"] } } } }, "START_TIME_DESC", first, 50),
  "ended runs, latest first": () =>
    store.flowRuns.list(
      { flow_runs: { state: { type: { any_: ["COMPLETED", "FAILED"] } } } },
      "END_TIME_DESC",
      first,
      50,
    ),
  "waiting runs, by when they are due": () =>
    store.flowRuns.list(
      { flow_runs: { state: { type: { any_: ["SCHEDULED"] } } } },
      "NEXT_SCHEDULED_START_TIME_ASC",
      first,
      50,
    ),
  "runs of a flow": () => store.flowRuns.list({ flows: { id: { any_: [ID] } } }, "ID_DESC", first, 50),
  "runs of a deployment": () =>
    store.flowRuns.list({ flow_runs: { deployment_id: { any_: [ID] } } }, "ID_DESC", first, 50),
  "runs of a parent run": () =>
    store.flowRuns.list({ flow_runs: { parent_flow_run_id: { any_: [ID] } } }, "EXPECTED_START_TIME_ASC", first, 200),
  "runs of the last day": () =>
    store.flowRuns.list({ flow_runs: { start_time: { after_: NOW } } }, "START_TIME_DESC", first, 50),
  "runs by id": () => store.flowRuns.list({ flow_runs: { id: { any_: [ID] } } }, "ID_DESC", first, 200),
  "count of runs in a rare state": () =>
    store.flowRuns.count({ flow_runs: { state: { type: { any_: ["CRASHED"] } } } }),
  "states of a run": () => store.flowRuns.states(ID),
  "inputs of a run": () => store.flowRunInputs.list(ID, "x", [], 200),
  "an input of a run": () => store.flowRunInputs.get(ID, "x"),
  "task runs of a run": () =>
    store.taskRuns.list({ task_runs: { flow_run_id: { any_: [ID] } } }, "EXPECTED_START_TIME_ASC", first, 200),
  "task runs, by a filter on the run": () =>
    store.taskRuns.list({ flow_runs: { id: { any_: [ID] } } }, "ID_DESC", first, 200),
  "runs in a graph": () => store.runGraphs.runs(ID, 10_001),
  "artifacts in a graph": () => store.runGraphs.artifacts(ID, 10_000),
  "next runs of flows": () => store.counts.nextRunsOfFlows([ID]),
  "deployments of flows, counted": () => store.counts.deploymentsOfFlows([ID]),
  "task runs of flow runs, counted": () => store.counts.taskRunsOfFlowRuns([ID]),
  "history of an hour": () => store.flowRuns.history({}, "2026-06-24T21:00:00Z", NOW, 60, NOW),
  "runs of a flow by a filter of its name": () =>
    store.flowRuns.list({ flows: { name: { any_: ["flow-1"] } } }, "ID_DESC", first, 50),
  "a task run that is to be moved": () => store.taskRuns.forTransition(ID),
  "states of a task run": () => store.taskRuns.states(ID),
  "logs of a run": () => store.logs.list({ flow_run_id: { any_: [ID] } }, "TIMESTAMP_ASC", first, 200),
  "logs of a run, newest first, warnings": () =>
    store.logs.list({ flow_run_id: { any_: [ID] }, level: { ge_: 30 } }, "TIMESTAMP_DESC", first, 200),
  "log levels of a run": () => store.logs.countByLevel(ID),
  "events, newest first": () => store.events.list({ occurred, order: "DESC" }, undefined, 50),
  "events of a resource": () =>
    store.events.list({ occurred, order: "DESC", any_resource: [{ id: ["prefect.flow-run.x"] }] }, undefined, 50),
  "events of a minute, counted by name": () =>
    store.events.countBy({ occurred: { since: "2026-06-24T21:59:00Z", until: NOW }, order: "DESC" }, "event", 1_000),
  "events of a minute, counted by second": () =>
    store.events.countByTime({ occurred: { since: "2026-06-24T21:59:00Z", until: NOW }, order: "DESC" }, NOW, 1),
  "events after hints": () => store.events.byKeys([[NOW, ID]]),
  "witnesses of a run": () => store.witnesses.of(ID),
  "what is cached under a key": () => store.taskRuns.cachedState("key-1", NOW),
  "claim a background task": () => store.queuedTasks.claim(["key-1", "key-2"], "w", 30),
  "keep what a task worker took": () => store.queuedTasks.keep("w", ["key-1"], 30),
  "what a worker is offered": () => store.dispatch.offer("pool", null, window, NOW),
  "what a queue offers": () => store.dispatch.ofQueue(ID, window),
  "what a queue with a filter offers": () => store.dispatch.ofFilter(ID, { tags: ["a"], deployment_ids: [ID] }, window),
  "what a queue whose filter names tags alone offers": () =>
    store.dispatch.ofFilter(ID, { tags: ["a"], deployment_ids: null }, window),
  "what a runner is offered": () => store.dispatch.ofDeployments([ID], window),
};

/** Two indexes serve it as well: which is taken depends on the sample that the statistics were made from. */
const EITHER = "next runs of flows";

describe("on 200,000 rows", () => {
  test.each(Object.entries({ ...hot, ...lists }))("%s: by index", async (name, call) => {
    const plan = await explained(call);
    expect(plan).not.toBe("");
    expect(scannedTables(plan)).toEqual([]);
    if (name !== EITHER) expect(plan).toMatchSnapshot();
  });

  test("orders that no index serves are known, and bounded by the statement's time-out", async () => {
    const unserved = [];
    for (const sort of ["NAME_ASC", "NAME_DESC", "NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC"] as const) {
      if (/\bSort\b/.test(await explained(() => store.flowRuns.list({}, sort, first, 50)))) unserved.push(sort);
    }
    expect(unserved).toEqual(["NAME_ASC", "NAME_DESC", "NEXT_SCHEDULED_START_TIME_ASC", "END_TIME_DESC"]);
  });
});

test("on a database without statistics, hot statements find a run by its key", async () => {
  const empty = await testDatabase();
  try {
    const shapes: string[] = [];
    const hotOf = {
      query: async ({ text }: { text: string }) => {
        shapes.push(await explainPlan(empty.db, text, []));
        return { rows: [] };
      },
    } as unknown as Db["hot"];
    const bare = openHot({ hot: hotOf });
    await bare.loadFlowRun.submit({ workspaceId: WORKSPACE, id: ID });
    await bare.readFlowRun.submit({ workspaceId: WORKSPACE, id: ID });
    await bare.commitFlowRun.submit({
      ...write,
      ...{ workspaceId: WORKSPACE, retentionDays: RETENTION_DAYS, id: ID, version: 1 },
      run: { ...times, policy: null, cancelledBy: null, totalRunTime: 0 },
    });
    for (const shape of shapes)
      expect(shape.match(/\S+ on flow_run\b/g)).toEqual(expect.arrayContaining(["flow_run_pkey on flow_run"]));
    expect(shapes.join("\n")).not.toMatch(/idempotency_key_key on flow_run|dynamic_key_key on task_run/);
  } finally {
    await empty.drop();
  }
});

test("where many leases came and went, those that are there are found by their own ids", async () => {
  const young = await testDatabase();
  try {
    await young.db.query(sql`alter table concurrency_slot set (autovacuum_enabled = off)`);
    await young.db.query(sql`
      insert into concurrency_slot (workspace_id, lease_id, limit_id, slots, acquired, expires_at)
      select ${WORKSPACE}::uuid, gen_random_uuid(), ${ID}::uuid, 1, now(), now() from generate_series(1, 5000)`);
    await young.db.query(
      sql`delete from concurrency_slot where ctid not in (select ctid from concurrency_slot limit 10)`,
    );
    await young.db.query(sql`analyze concurrency_slot`);
    const explain = async ({ text }: { text: string }) => {
      plans.push(await explainPlan(young.db, text, []));
      return { rows: [] };
    };
    const { slots } = storeOn({ ...young.db, hot: { query: explain } as unknown as Db["hot"] });
    plans = [];
    await slots.commit({ limits: [], ...taken });
    expect(plans.join("\n").match(/using concurrency_slot_\w+/g)).toEqual(["using concurrency_slot_pkey"]);
  } finally {
    await young.drop();
  }
});
