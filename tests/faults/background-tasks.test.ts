import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { ask, Caller, kill9, until } from "./harness.ts";

const TASKS = 120;

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

/** A background task, queued; asked for again until it is answered, under one key. */
async function delay(): Promise<string> {
  const state = { type: "SCHEDULED", state_details: { deferred: true, task_parameters_id: randomUUID() } };
  const body = { task_key: "work", dynamic_key: randomUUID(), state };
  return String((await caller.call("POST", "/task_runs/", body)).body.id);
}

/** A task worker as the stock client's: it acknowledges, then runs, and comes again when its socket breaks. */
class Worker {
  /** What it proposed to run. */
  readonly started = new Set<string>();
  private isDead = false;
  private socket: WebSocket | undefined;

  constructor(private readonly clientId: string) {
    this.connect();
  }

  /** As by kill -9: what it has taken and not run dies with it. */
  die(): void {
    this.isDead = true;
    this.socket?.terminate();
  }

  private connect(): void {
    if (this.isDead) return;
    const socket = new WebSocket(`${caller.url.replace("http", "ws")}/task_runs/subscriptions/scheduled`, ["prefect"]);
    this.socket = socket;
    socket.on("open", () => socket.send(JSON.stringify({ type: "auth", token: weir.apiKey })));
    socket.on("message", (data) => void this.take(socket, JSON.parse(String(data))));
    socket.on("error", () => undefined);
    socket.on("close", () => setTimeout(() => this.connect(), 50));
  }

  private async take(socket: WebSocket, message: { type?: string; id?: string }): Promise<void> {
    if (message.type === "auth_success") {
      socket.send(JSON.stringify({ type: "subscribe", keys: ["work"], client_id: this.clientId }));
      return;
    }
    socket.send(JSON.stringify({ type: "ack" }));
    if (this.isDead) return;
    const id = message.id ?? "";
    for (const type of ["RUNNING", "COMPLETED"]) {
      if (this.isDead) return;
      this.started.add(id);
      await caller.call("POST", `/task_runs/${id}/set_state`, { state: { type }, force: true });
    }
  }
}

/** Ids of the task runs by state. */
async function tasksIn(...types: string[]): Promise<string[]> {
  const rows = await ask<{ id: string }>(
    weir.databaseUrl,
    "select id from task_run where workspace_id = $1 and state_type = any($2)",
    [weir.workspaceId, types],
  );
  return rows.map(({ id }) => id);
}

/** As if half a minute went by: what a dead worker took and did not start comes back, and what nobody acknowledged. */
const letLeasesEnd = () =>
  ask(
    weir.databaseUrl,
    "update queued_task set free_at = now() where workspace_id = $1 and (holder = 'doomed' or not is_acked) and free_at > now()",
    [weir.workspaceId],
  );

/** PrefectHQ/prefect#21218. On Prefect's server 3.8.8 a task queued before a restart was still Scheduled 15 s after it. */
test("the API and task workers are killed while tasks are queued and handed out: every task runs, none is lost", async () => {
  const [doomed, steady] = [new Worker("doomed"), new Worker("steady")];
  let queued = 0;
  const queueing = Promise.all(
    Array.from({ length: TASKS }, async () => {
      const id = await delay();
      queued += 1;
      return id;
    }),
  );
  queueing.catch(() => undefined);
  await until("some tasks have run", async () => queued > 20 && (await tasksIn("COMPLETED")).length > 5);
  await kill9(weir.api);
  doomed.die();
  await weir.restartApi();
  const ids = await queueing;
  await until("those who live have run what they could get", async () => {
    await letLeasesEnd();
    return (await tasksIn("SCHEDULED", "PENDING")).length === 0;
  });
  const done = async () => new Set(await tasksIn("COMPLETED"));
  // A task that was running when its worker died is not started again; every other completes.
  await until("every task has run", async () => {
    const completed = await done();
    return ids.every((id) => completed.has(id) || doomed.started.has(id));
  });
  steady.die();
  expect(new Set(ids).size).toBe(TASKS);
  expect((await done()).size).toBeGreaterThan(TASKS / 2);
});
