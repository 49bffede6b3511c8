import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { ask, Caller, kill9, until } from "./harness.ts";

const RUNS = 16;
const POOL = "p";

let weir: TestWeir;
let caller: Caller;
const workers: Worker[] = [];

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl") });
  caller = new Caller(weir);
});
afterAll(async () => {
  for (const worker of workers) worker.die();
  await weir.stop();
});

type Payload = { message_id: string; reservation_token: string; status?: string; target?: { flow_run_id: string } };

/** A worker on one replica, as the stock client's: it comes again when its channel breaks, until it dies. */
class Worker {
  /** What it was given, in the order it came. */
  readonly given: Payload[] = [];
  /** Messages that it was told are done. */
  readonly done: string[] = [];
  isReady = false;
  private readonly consumer = randomUUID();
  private socket: WebSocket | undefined;
  private isDead = false;

  constructor(
    private readonly apiUrl: string,
    private readonly most: number,
    /** Whether it does what it is given, or only keeps it. */
    private readonly does: (place: number) => boolean,
  ) {
    workers.push(this);
    this.connect();
  }

  die(): void {
    this.isDead = true;
    this.socket?.terminate();
  }

  private connect(): void {
    if (this.isDead) return;
    const base = caller.url.replace(weir.apiUrl, this.apiUrl).replace("http", "ws");
    const socket = new WebSocket(`${base}/work_pools/${POOL}/workers/connect`, ["prefect"]);
    this.socket = socket;
    socket.on("open", () => socket.send(JSON.stringify({ type: "auth", token: weir.apiKey })));
    socket.on("message", (data) => this.take(JSON.parse(String(data))));
    socket.on("error", () => undefined);
    socket.on("close", () => setTimeout(() => this.connect(), 50));
  }

  private say(type: string, payload: Record<string, unknown>): void {
    const frame = { type, id: randomUUID(), sent_at: new Date().toISOString(), payload };
    this.socket?.send(JSON.stringify(frame));
  }

  private take({ type, payload }: { type: string; payload: Payload }): void {
    if (type === "auth_success")
      this.say("worker.hello.v1", {
        ...{ consumer_id: this.consumer, worker_name: this.consumer, worker_type: "process" },
        ...{ heartbeat_interval_seconds: 30, supported_channel_versions: ["work_pool_worker_channel.v1"] },
        requested_capabilities: ["worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1"],
        handled_cleanup_kinds: ["cancelling_timeout_teardown.v1"],
        max_cleanup_concurrency: this.most,
      });
    if (type === "worker.ready.v1") this.isReady = true;
    if (type === "cleanup.operation_result.v1" && payload.status === "accepted") this.done.push(payload.message_id);
    if (type !== "cleanup.message.v1") return;
    const { message_id, reservation_token } = payload;
    this.given.push(payload);
    if (this.does(this.given.length)) this.say("cleanup.ack.v1", { message_id, reservation_token });
  }
}

type Message = { id: string; flow_run_id: string; outcome: string | null; deliveries: number };
const messages = () =>
  ask<Message>(weir.databaseUrl, "select id, flow_run_id, outcome, deliveries from cleanup_message order by id");

/** Runs of a deployment that were told to cancel five minutes ago and go on. */
async function runsThatGoOn(count: number): Promise<string[]> {
  await caller.call("POST", "/work_pools/", { name: POOL, type: "process" });
  const flow_id = await caller.newFlow();
  const { body } = await caller.call("POST", "/deployments/", { name: "d", flow_id, work_pool_name: POOL });
  const ids = await Promise.all(
    Array.from({ length: count }, async () => {
      const run = await caller.call("POST", `/deployments/${body.id}/create_flow_run`, {});
      for (const type of ["PENDING", "RUNNING", "CANCELLING"]) await caller.propose(String(run.body.id), type);
      return String(run.body.id);
    }),
  );
  const ago = "state_timestamp = state_timestamp - interval '301 seconds'";
  await ask(weir.databaseUrl, `update flow_run set ${ago} where id = any($1::uuid[])`, [ids]);
  return ids;
}

test("an API and a worker are killed while clean-ups are reserved: each is done once, none is lost, none comes again", async () => {
  const replica = await weir.startReplica();
  const runs = await runsThatGoOn(RUNS);
  const doomed = new Worker(weir.apiUrl, 4, (place) => place === 1);
  await until("one worker has all that it takes", () => doomed.given.length === 5 && doomed.done.length === 1);
  const steady = new Worker(replica.apiUrl, 2, () => true);
  await until("the other has done the rest", () => steady.done.length === RUNS - 5);
  // Reserved by one alone, whatever replica it is on.
  const ids = [...doomed.given, ...steady.given].map(({ message_id }) => message_id);
  expect(new Set(ids).size).toBe(RUNS);

  await kill9(weir.api);
  doomed.die();
  await ask(weir.databaseUrl, "update cleanup_message set free_at = now() where token is not null");
  await until("what the dead one had is done", async () =>
    (await messages()).every(({ outcome }) => outcome === "acked"),
  );
  await until("the living one knows", () => steady.done.length === RUNS - 1);
  const done = [...doomed.done, ...steady.done];
  expect(new Set(done).size).toBe(RUNS);
  expect((await messages()).map(({ flow_run_id }) => flow_run_id).sort()).toEqual([...runs].sort());
  const again = new Set(doomed.given.slice(1).map(({ message_id }) => message_id));
  expect((await messages()).map(({ id, deliveries }) => [id, deliveries])).toEqual(
    (await messages()).map(({ id }) => [id, again.has(id) ? 2 : 1]),
  );

  await weir.restartApi();
  const late = new Worker(weir.apiUrl, 4, () => true);
  await until("a worker is there", () => late.isReady);
  const before = steady.given.length;
  const [more] = await runsThatGoOn(1);
  await until("what comes now is done", () => late.done.length + steady.done.length === RUNS);
  // Nothing came to either in between but that.
  const came = [...late.given, ...steady.given.slice(before)];
  expect(came.map(({ target }) => target?.flow_run_id)).toEqual([more]);
});
