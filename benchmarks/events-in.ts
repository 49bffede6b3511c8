import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { createFlow, createFlowRun } from "./driver/calls.ts";
import { Connection } from "./driver/connection.ts";
import { type LoadResult, summarize } from "./driver/load.ts";
import { EventSocket } from "./driver/socket.ts";
import { type TaskRun, taskRunEvent } from "./driver/task-run-event.ts";
import { type Benchmark, headersOf, pathOf, type Target, type Variant } from "./promise.ts";

/** Events between two pings: what the client's checkpoint is. */
const BATCH = 500;
/** Tasks that are under way together. */
const MAPPED = 20;
const STATES = ["Pending", "Running", "Completed"] as const;
/** The peer stores some sixty a second and drops what overfills its queue; this keeps it busy for the time asked. */
const PEER_PER_SECOND = 90;
const PEER_PATIENCE_MS = 120_000;

/**
 * Events of task runs as engines send them, counted when they are stored: for Weir when the pong comes, which promises
 * just that; for the peer when the rows are there. `short` tasks end before the next ping, so their three states share a
 * batch; `long` ones send a state a batch, so that each is an update of its own.
 */
export const eventsIn: Benchmark = {
  name: "events_in",
  unit: "event stored",
  timed: "batch of 500",
  variants: (seconds) => [
    { label: "8 sockets, short tasks", connections: 8, seconds, on: ["weir", "peer"] },
    { label: "8 sockets, long tasks", connections: 8, seconds, on: ["weir"] },
  ],
  drive: (target, variant, began) =>
    target.name === "peer" ? drivePeer(target, variant, began) : driveWeir(target, variant, began),
};

/** Two batches are under way on each socket, so that the server is never idle. */
async function driveWeir(
  target: Target,
  { connections, seconds, label }: Variant,
  began: () => Promise<void>,
): Promise<LoadResult> {
  const sockets = await open(target, connections);
  const runs = await flowRuns(target, connections);
  const next = runs.map((run) => batches(run, label.includes("long")));
  await Promise.all(sockets.map((socket, index) => sendBatch(socket, next[index]?.() ?? [])));
  await began();
  const latencies: number[] = [];
  let operations = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const until = start + seconds * 1000;
  const lane = async (socket: EventSocket, index: number) => {
    while (performance.now() < until) {
      const events = next[index]?.() ?? [];
      const at = performance.now();
      await sendBatch(socket, events);
      latencies.push(performance.now() - at);
      operations += events.length;
    }
  };
  await Promise.all(sockets.flatMap((socket, index) => [lane(socket, index), lane(socket, index)]));
  return finish(sockets, latencies, { operations, start, cpu });
}

async function drivePeer(
  target: Target,
  { connections, seconds }: Variant,
  began: () => Promise<void>,
): Promise<LoadResult> {
  const sockets = await open(target, connections);
  const runs = await flowRuns(target, connections);
  const next = runs.map((run) => batches(run, false));
  const client = new pg.Client(target.databaseUrl);
  await client.connect();
  await began();
  const before = await counts(client);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const whole = MAPPED * STATES.length;
  const each = Math.ceil((seconds * PEER_PER_SECOND) / connections / whole) * whole;
  await Promise.all(
    sockets.map(async (socket, index) => {
      for (const event of (next[index]?.() ?? []).slice(0, each)) socket.send(event);
      await socket.ping();
    }),
  );
  const operations = each * connections;
  for (;;) {
    const now = await counts(client);
    if (now.events - before.events >= operations && now.tasks - before.tasks >= operations / STATES.length) break;
    if (performance.now() - start > PEER_PATIENCE_MS)
      throw new Error(`the peer stored ${now.events - before.events} of ${operations}`);
    await delay(100);
  }
  await client.end();
  return finish(sockets, [performance.now() - start], { operations, start, cpu });
}

async function counts(client: pg.Client): Promise<{ events: number; tasks: number }> {
  const { rows } =
    await client.query(`select (select count(*)::int from events where event like 'prefect.task-run.%') as events,
    (select count(*)::int from task_run where state_type = 'COMPLETED') as tasks`);
  return rows[0];
}

function open(target: Target, connections: number): Promise<EventSocket[]> {
  const url = `${target.url.replace(/^http/, "ws")}/events/in`;
  return Promise.all(Array.from({ length: connections }, () => EventSocket.open(url, target.apiKey)));
}

/** A running flow run for each engine. */
async function flowRuns(target: Target, count: number): Promise<TaskRun["flowRun"][]> {
  const flowId = await createFlow(target, "bench-events");
  const connection = await Connection.open(target.url, headersOf(target));
  const runs: TaskRun["flowRun"][] = [];
  for (let index = 0; index < count; index += 1) {
    runs.push({ id: await createFlowRun(connection, pathOf(target), flowId, "PENDING", randomUUID()), flowId });
  }
  connection.close();
  return runs;
}

function sendBatch(socket: EventSocket, events: string[]): Promise<void> {
  for (const event of events) socket.send(event);
  return socket.ping();
}

/** Endless batches of one engine's events. Some tasks of a mapped one are under way at a time. */
function batches(flowRun: TaskRun["flowRun"], long: boolean): () => string[] {
  const group = long ? BATCH : MAPPED;
  const events = (function* () {
    for (;;) {
      const tasks: TaskRun[] = Array.from({ length: group }, () => ({
        prefix: randomBytes(4).toString("hex"),
        flowRun,
      }));
      for (const state of STATES) for (const task of tasks) yield taskRunEvent(task, state);
    }
  })();
  return () => Array.from({ length: BATCH }, () => events.next().value as string);
}

function finish(
  sockets: EventSocket[],
  latencies: number[],
  { operations, start, cpu }: { operations: number; start: number; cpu: NodeJS.CpuUsage },
): LoadResult {
  const used = process.cpuUsage(cpu);
  for (const socket of sockets) socket.close();
  const seconds = (performance.now() - start) / 1000;
  return summarize(latencies, { operations, seconds, errors: 0, driverCpuSeconds: (used.user + used.system) / 1e6 });
}
