import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { ask, Caller, kill9, until } from "./harness.ts";

const TASKS = 100;
const STATES = ["PENDING", "RUNNING", "COMPLETED"] as const;

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

type TaskEvent = { id: string; occurred: string; [key: string]: unknown };

/** What an engine sends of a task run's life, one event a state. */
function life(flowRunId: string, index: number): TaskEvent[] {
  const id = randomUUID();
  const start = Date.now() - 60_000 + index;
  return STATES.map((type, step) => {
    const occurred = new Date(start + step * 1_000).toISOString();
    const stateId = randomUUID();
    const name = type.charAt(0) + type.slice(1).toLowerCase();
    return {
      id: stateId,
      occurred,
      event: `prefect.task-run.${name}`,
      resource: {
        "prefect.resource.id": `prefect.task-run.${id}`,
        "prefect.resource.name": `task-${index}`,
        "prefect.run-count": String(step === 0 ? 0 : 1),
        "prefect.state-message": "",
        "prefect.state-type": type,
        "prefect.state-name": name,
        "prefect.state-timestamp": occurred,
        "prefect.orchestration": "client",
      },
      related: [{ "prefect.resource.id": `prefect.flow-run.${flowRunId}`, "prefect.resource.role": "flow-run" }],
      payload: {
        intended: { from: step === 0 ? null : STATES[step - 1], to: type },
        initial_state: null,
        validated_state: { type, name, message: "", state_details: {}, data: null },
        task_run: {
          task_key: "t",
          dynamic_key: `t-${index}`,
          name: `task-${index}`,
          run_count: step === 0 ? 0 : 1,
          flow_run_run_count: 1,
          tags: [],
          task_inputs: {},
          labels: {},
          total_run_time: step === 2 ? 1.0 : 0.0,
        },
      },
    };
  });
}

/** Sends events as clients do: what no pong has confirmed is sent again over a new connection. */
async function deliver(events: readonly TaskEvent[]): Promise<void> {
  for (;;) {
    const confirmed = await attempt(events).catch(() => false);
    if (confirmed) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function attempt(events: readonly TaskEvent[]): Promise<boolean> {
  const socket = new WebSocket(`${caller.url.replace("http", "ws")}/events/in`, {
    headers: { authorization: `bearer ${weir.apiKey}` },
  });
  return new Promise<boolean>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => resolve(false));
    socket.once("pong", () => resolve(true));
    socket.once("open", () => {
      for (const event of events) socket.send(JSON.stringify(event));
      socket.ping();
    });
  }).finally(() => socket.terminate());
}

/** The same order each time, but no order at all. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const keyed = items.map((item) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return { item, key: state };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

test("events of task runs, shuffled, repeated, over two sockets, the API killed meanwhile: each once, the final state right", async () => {
  const flowRunId = await caller.newFlowRun(await caller.newFlow());
  const events = Array.from({ length: TASKS }, (_, index) => life(flowRunId, index)).flat();
  const pieces: TaskEvent[][] = [];
  const order = shuffled(events, 7);
  for (let at = 0; at < order.length; at += 10) pieces.push(order.slice(at, at + 10));
  let delivered = 0;
  const send = async (own: TaskEvent[][]) => {
    for (const piece of own) {
      await deliver([...piece, ...piece.slice(0, 3)]);
      delivered += 1;
    }
  };
  // Both sockets bring everything, in other orders.
  const sending = Promise.all([send(pieces), send(shuffled(pieces, 11).map((piece) => shuffled(piece, 13)))]);
  for (const target of [10, 30]) {
    await until("some pieces are in", () => delivered >= target);
    await kill9(weir.api);
    await weir.restartApi();
  }
  await sending;

  const stored = await ask<{ id: string; count: number }>(
    weir.databaseUrl,
    "select id, count(*)::int as count from event where workspace_id = $1 and id = any($2::uuid[]) group by id",
    [weir.workspaceId, events.map(({ id }) => id)],
  );
  expect(stored.length).toBe(events.length);
  expect(stored.filter(({ count }) => count !== 1)).toEqual([]);

  const runs = await ask<{ state_type: string; run_count: number; states: number; running: number }>(
    weir.databaseUrl,
    `select t.state_type, t.run_count,
            (select count(*) from task_run_state s where s.workspace_id = t.workspace_id and s.task_run_id = t.id)::int as states,
            (select count(*) from task_run_state s where s.workspace_id = t.workspace_id and s.task_run_id = t.id
                and s.type = 'RUNNING')::int as running
       from task_run t where t.workspace_id = $1 and t.flow_run_id = $2`,
    [weir.workspaceId, flowRunId],
  );
  expect(runs.length).toBe(TASKS);
  expect(runs.filter(({ state_type }) => state_type !== "COMPLETED")).toEqual([]);
  expect(runs.filter(({ states, running, run_count }) => states !== 3 || running !== 1 || run_count !== 1)).toEqual([]);
});
