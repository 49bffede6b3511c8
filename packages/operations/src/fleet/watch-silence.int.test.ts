import { randomUUID } from "node:crypto";
import { type Micros, parseInstant } from "@weir/contracts";
import { readEvent } from "@weir/events";
import { aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordEvents } from "../event/verbs.ts";
import { updateFlowRunLabels } from "../flow-run/change.ts";
import { createFlowRun } from "../flow-run/create.ts";
import { setFlowRunState } from "../flow-run/set-state.ts";
import { createWorkPool } from "../work-pool/verbs.ts";
import { heartbeatWorker } from "../worker/verbs.ts";
import { watchSilence } from "./watch-silence.ts";

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

const stateOf = async (id: string) => (await ws.ctx().store.flowRuns.get(id))?.state_type;
const propose = async (id: string, type: string) =>
  (await setFlowRunState(ws.ctx(), { id, state: { type } })).body.status;

async function tell(id: string, time: string, event = "prefect.flow-run.heartbeat"): Promise<void> {
  const resource = { "prefect.resource.id": `prefect.flow-run.${id}` };
  const told = readEvent(JSON.stringify({ id: randomUUID(), occurred: `${day}T${time}Z`, event, resource }));
  if (typeof told === "string") throw new Error(told);
  await recordEvents(ws.ctx(), [told]);
}

const aRunningRun = () => aFlowRun(ws, { state: { type: "RUNNING" } });
const watch = async (time: string) => {
  at(time);
  await watchSilence(base.services);
};
const warnings = async (id: string) => {
  const { rows } = await ws.ctx().store.logs.list({ flow_run_id: { any_: [id] } }, "TIMESTAMP_ASC", { offset: 0 }, 9);
  return rows.map(({ message }) => message);
};

test("a run whose heartbeats stopped, and that no other witness vouches for, is crashed after nine minutes", async () => {
  const id = await aRunningRun();
  await tell(id, "12:01:00");
  await watch("12:09:59");
  expect(await stateOf(id)).toBe("RUNNING");
  await watch("12:10:00");
  expect(await stateOf(id)).toBe("CRASHED");
  // Its process lived after all: what it comes to is what counts.
  expect(await propose(id, "COMPLETED")).toBe("ACCEPT");
  await watch("13:00:00");
  expect(await stateOf(id)).toBe("COMPLETED");
});

/**
 * PrefectHQ/prefect#21932. Prefect's server 3.8.8 behaves well as far as the run goes: the automation that its manual tells
 * people to write fires at a completed run whose last heartbeat came late, and its action fails, for the run has ended.
 */
test("a run that completes while it is being judged stays completed", async () => {
  const id = await aRunningRun();
  await tell(id, "12:01:00");
  at("12:30:00");
  await Promise.all([propose(id, "COMPLETED"), watchSilence(base.services), watchSilence(base.services)]);
  expect(await propose(id, "COMPLETED")).toMatch(/ACCEPT|REJECT/);
  await watchSilence(base.services);
  expect(await stateOf(id)).toBe("COMPLETED");
});

test("a run of a client without heartbeats is never called dead for its silence", async () => {
  const id = await aRunningRun();
  await tell(id, "12:01:00", "something.else");
  await watch("23:00:00");
  expect(await stateOf(id)).toBe("RUNNING");
});

/**
 * PrefectHQ/prefect#16459. On Prefect's server 3.8.8, with the automation of its manual, a run that writes its log all the
 * while is crashed when its heartbeats are held up.
 */
test.each([
  ["an event of its own", (id: string) => tell(id, "12:20:00", "my.progress")],
  [
    "a log line",
    (flowRunId: string) =>
      ws.ctx().store.logs.write([
        {
          ...{ id: randomUUID(), timestamp: parseInstant(`${day}T12:20:00Z`) as Micros, flowRunId, taskRunId: null },
          ...{ workerId: null, level: 20, name: "x", message: "still here" },
        },
      ]),
  ],
])("a run whose heartbeats are lost and that is heard by %s lives", async (_, sign) => {
  const id = await aRunningRun();
  await tell(id, "12:01:00");
  await sign(id);
  await watch("12:25:00");
  expect(await stateOf(id)).toBe("RUNNING");
  await watch("12:30:00");
  expect(await stateOf(id)).toBe("CRASHED");
});

test("a silent run whose worker is online is unreachable: its log and an event name the missing witness, once", async () => {
  const work_pool_name = `pool-${randomUUID().slice(0, 8)}`;
  await createWorkPool(ws.ctx(), { name: work_pool_name, type: "process" });
  const beat = () => heartbeatWorker(ws.ctx(), { work_pool_name, name: "ada", heartbeat_interval_seconds: 30 });
  const flow_id = (await ws.ctx().store.flowRuns.get(await aRunningRun()))?.flow_id;
  const made = await createFlowRun(ws.ctx(), { flow_id, work_pool_name, state: { type: "RUNNING" } });
  const id = String(made.body.id);
  await updateFlowRunLabels(ws.ctx(), { id, labels: { "prefect.worker.name": "ada" } });
  await tell(id, "12:01:00");
  at("12:14:30");
  await beat();
  at("12:15:00");
  await Promise.all([watchSilence(base.services), watchSilence(base.services)]);
  await watch("12:15:30");
  expect(await stateOf(id)).toBe("RUNNING");
  const message = `Unreachable: nothing heard since ${day}T12:01:00Z. Missing: heartbeats. Still there: worker "ada".`;
  expect(await warnings(id)).toEqual([message]);
  const occurred = { since: `${day}T00:00:00Z`, until: `${day}T23:59:59Z` };
  const named = { occurred, order: "ASC" as const, event: { name: ["weir.flow-run.unreachable"] } };
  const events = await ws.ctx().store.events.list(named, undefined, 9);
  expect(events.map(({ body }) => body.object())).toMatchObject([
    { resource: { "prefect.resource.id": `prefect.flow-run.${id}` }, payload: { missing: ["heartbeats"], message } },
  ]);
  // Its worker falls silent too: nobody is left.
  await watch("12:16:01");
  expect(await ws.ctx().store.flowRuns.get(id)).toMatchObject({
    state_type: "CRASHED",
    state_message: expect.stringContaining('Silent: heartbeats, worker "ada".'),
  });
});

test("a silent run whose slot is still leased is unreachable, and crashed when the lease is over", async () => {
  const id = await aRunningRun();
  await tell(id, "12:01:00");
  const [workspaceId, limitId, stamp] = [ws.workspaceId, randomUUID(), `${day}T12:01:00Z`];
  const limit = { workspaceId, id: limitId, created: stamp, updated: stamp, name: id, slotLimit: 1, decayedAt: stamp };
  await base.db.prisma.concurrencyLimit.create({ data: limit });
  const lease = { workspaceId, leaseId: randomUUID(), limitId, slots: 1, acquired: stamp };
  const holder = { holderType: "flow_run", holderId: id, expiresAt: `${day}T12:20:00Z` };
  await base.db.prisma.concurrencySlot.create({ data: { ...lease, ...holder } });
  await watch("12:19:00");
  expect(await stateOf(id)).toBe("RUNNING");
  expect(await warnings(id)).toEqual([expect.stringContaining("Missing: heartbeats. Still there: lease.")]);
  await watch("12:20:01");
  expect(await stateOf(id)).toBe("CRASHED");
});
