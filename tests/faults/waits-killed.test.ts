import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { ask, Caller, contradictions, kill9, until } from "./harness.ts";

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

type Body = Record<string, unknown>;
type State = { id: string; type: string; name: string; state_details: Body } | null;

async function killAgain(): Promise<void> {
  await kill9(weir.api);
  await weir.restartApi();
}

/** Proposes until it is answered; a proposal that is told its own state was accepted by a process that died since. */
async function enter(runId: string, type: string, details: Body = {}, data: Body | null = null): Promise<State> {
  const transition_id = randomUUID();
  const state = { type, data, state_details: { ...details, transition_id } };
  const { status, body } = await caller.call("POST", `/flow_runs/${runId}/set_state`, { state, force: false });
  const now = body.state as State;
  if (body.status === "ACCEPT" || now?.state_details.transition_id === transition_id) return now;
  throw new Error(`${type} of ${runId}: ${status} ${JSON.stringify(body)}`);
}

async function aDeployment(more: Body = {}): Promise<string> {
  const deployment = { flow_id: await caller.newFlow(), name: "d", ...more };
  return String((await caller.call("POST", "/deployments/", deployment)).body.id);
}

async function runsOf(deployment: string, count: number): Promise<string[]> {
  const body = () => ({ idempotency_key: randomUUID() });
  const made = Array.from({ length: count }, () =>
    caller.call("POST", `/deployments/${deployment}/create_flow_run`, body()),
  );
  return (await Promise.all(made)).map((answer) => String(answer.body.id));
}

test("the API is killed while runs pause, ask and are resumed: each goes on once a pause, with the answer that was taken", async () => {
  const RUNS = 20;
  const runIds = await runsOf(await aDeployment(), RUNS);
  const schema = JSON.stringify({ type: "object", properties: { count: { type: "integer" } }, required: ["count"] });
  const read: string[] = [];
  let resumed = 0;

  /** A run that asks in its process, then gives that up and is started again; a person answers each time. */
  const play = async (runId: string, count: number) => {
    await enter(runId, "PENDING");
    await enter(runId, "RUNNING");
    for (const [key, more] of [
      ["asks", {}],
      ["gives-up", { pause_reschedule: true }],
    ] as const) {
      const keyset = { schema: `${key}-schema`, response: `${key}-response` };
      const stored = await caller.call("POST", `/flow_runs/${runId}/input`, { key: keyset.schema, value: schema });
      expect(stored.status).toBe(201);
      const pause_timeout = new Date(Date.now() + 3_600_000).toISOString();
      await enter(runId, "PAUSED", { pause_key: key, pause_timeout, run_input_keyset: keyset, ...more });
      const { body } = await caller.call("POST", `/flow_runs/${runId}/resume`, { run_input: { count } });
      // Asked again after its answer was lost: it goes on already.
      expect(["ACCEPT", "ABORT"]).toContain(body.status);
      resumed += 1;
      const answer = await caller.call("GET", `/flow_runs/${runId}/input/${keyset.response}`);
      read.push(`${runId} ${key} ${JSON.stringify(answer.body)}`);
    }
    await enter(runId, "PENDING");
    await enter(runId, "RUNNING");
    await enter(runId, "COMPLETED");
  };

  const working = Promise.all(runIds.map(play));
  working.catch(() => undefined);
  for (const target of [RUNS / 3, (RUNS * 4) / 3]) {
    await until("some were resumed", () => resumed >= target);
    await killAgain();
  }
  await working;
  const answers = runIds.flatMap((runId, count) => [
    `${runId} asks ${JSON.stringify({ count })}`,
    `${runId} gives-up ${JSON.stringify({ count })}`,
  ]);
  expect(read.sort()).toEqual(answers.sort());
  expect(await contradictions(weir, runIds, [])).toEqual([]);
  const rows = await ask<{ path: string }>(
    weir.databaseUrl,
    `select (select string_agg(s.name, ' ' order by s.timestamp) from flow_run_state s
               where s.workspace_id = r.workspace_id and s.flow_run_id = r.id) as path
       from flow_run r where r.workspace_id = $1 and r.id = any($2::uuid[])`,
    [weir.workspaceId, runIds],
  );
  const path = "Scheduled Pending Running Paused Running Paused Resuming Pending Running Completed";
  expect(new Set(rows.map((row) => row.path))).toEqual(new Set([path]));
}, 60_000);

test("the API is killed while slots pass from run to run: none is lost, none is given twice, nobody waits beside a free one", async () => {
  const [LIMIT, RUNS] = [3, 30];
  const pool = `pool-${randomUUID()}`;
  await caller.call("POST", "/work_pools/", { name: pool, type: "process" });
  const deployment = await aDeployment({ work_pool_name: pool, concurrency_limit: LIMIT });
  const runIds = await runsOf(deployment, RUNS);
  const holding = new Set<string>();
  const ended = new Set<string>();
  const taken = new Set<string>();
  let most = 0;

  const work = async (runId: string) => {
    const transition_id = randomUUID();
    const state = { type: "PENDING", state_details: { transition_id } };
    const { body } = await caller.call("POST", `/flow_runs/${runId}/set_state`, { state, force: false });
    const now = body.state as State;
    if (now?.type !== "PENDING" || now.state_details.transition_id !== transition_id) return;
    expect(taken.has(runId)).toBe(false);
    taken.add(runId);
    holding.add(runId);
    most = Math.max(most, holding.size);
    await enter(runId, "RUNNING");
    holding.delete(runId);
    // What has a result is not begun again by whoever comes late with an old offer.
    await enter(runId, "COMPLETED", {}, { type: "reference", storage_key: runId });
    ended.add(runId);
  };
  const worker = async () => {
    while (ended.size < RUNS) {
      const asked = { work_queue_names: null, scheduled_before: new Date().toISOString(), limit: 10 };
      const { body } = await caller.call("POST", `/work_pools/${pool}/get_scheduled_flow_runs`, asked);
      const offered = body as unknown as { flow_run: { id: string } }[];
      await Promise.all(offered.map(({ flow_run }) => work(flow_run.id)));
    }
  };

  /** Slots that are free while as many do not wait for them who are due, in one snapshot: null when all is well. */
  const idle = async () => {
    const [row] = await ask<{ free: number; waiting: number; due: number; held: number }>(
      weir.databaseUrl,
      `with own as (
         select l.id, l.slot_limit - l.active_slots as free from deployment d
           join concurrency_limit l on l.workspace_id = d.workspace_id and l.id = d.concurrency_limit_id
          where d.workspace_id = $1 and d.id = $2)
       select free::int, (select count(*) from concurrency_slot s where s.workspace_id = $1 and s.limit_id = own.id)::int as held,
              (select count(*) from dispatch where workspace_id = $1 and deployment_id = $2 and slot_since is not null)::int as waiting,
              (select count(*) from dispatch where workspace_id = $1 and deployment_id = $2 and slot_since is not null
                  and due_at <= clock_timestamp())::int as due from own`,
      [weir.workspaceId, deployment],
    );
    if (!row) return "the limit is gone";
    const isWell = row.held === LIMIT - row.free && row.due >= Math.min(row.free, row.waiting);
    return isWell ? null : JSON.stringify(row);
  };

  const idled: string[] = [];
  const watching = (async () => {
    while (ended.size < RUNS) {
      const found = await idle();
      if (found) idled.push(found);
    }
  })();
  const working = Promise.all([worker(), worker(), watching]);
  working.catch(() => undefined);
  for (const target of [5, 15]) {
    await until("some have ended", () => ended.size >= target);
    await killAgain();
  }
  await working;
  expect(most).toBeLessThanOrEqual(LIMIT);
  expect(idled).toEqual([]);
  expect(await contradictions(weir, runIds, [])).toEqual([]);
  const waited = await ask<{ count: number }>(
    weir.databaseUrl,
    "select count(*)::int as count from flow_run_state where workspace_id = $1 and flow_run_id = any($2::uuid[]) and name = 'AwaitingConcurrencySlot'",
    [weir.workspaceId, runIds],
  );
  expect(waited[0]?.count).toBeGreaterThan(0);
  const [slots] = await ask<{ active: number; held: number }>(
    weir.databaseUrl,
    `select l.active_slots::int as active, (select count(*) from concurrency_slot s where s.limit_id = l.id)::int as held
       from concurrency_limit l where l.workspace_id = $1 and l.name = $2`,
    [weir.workspaceId, `deployment:${deployment}`],
  );
  expect(slots).toEqual({ active: 0, held: 0 });
}, 60_000);
