/**
 * `npx tsx benchmarks/footprint.ts [--runs 150] [--sides weir,peer] [--name NAME]`: the bytes that a finished flow run with ten
 * task runs takes in the database, by what they hold, on both servers; and what is left of Weir's after retention.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Micros, SECOND } from "@weir/contracts";
import { openDb, openHot } from "@weir/db";
import { keepHistory, systemClock } from "@weir/operations";
import pg from "pg";
import { createFlow, createFlowRun, expectStatus, proposal } from "./driver/calls.ts";
import { Connection } from "./driver/connection.ts";
import { EventSocket } from "./driver/socket.ts";
import { type TaskRun, taskRunEvent } from "./driver/task-run-event.ts";
import { headersOf, pathOf, type Target } from "./promise.ts";
import { saveText } from "./report.ts";
import { prefectBin, startPeer } from "./servers/peer.ts";
import { startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const TASKS = 10;
const WARM_RUNS = 5;
const PATIENCE_MS = 300_000;
const KEPT_DAYS = 30;
/** Parts of tables that take fewer bytes of a run are not listed. */
const SHOWN_FROM = 50;

/** What a table's name says it holds; the first that fits. */
const KINDS: readonly (readonly [kind: string, name: RegExp])[] = [
  ["outbox (kept two days)", /^outbox/],
  ["events", /^event/],
  ["states", /run_state/],
  ["task runs", /^task_run/],
  ["flow runs", /^flow_run/],
  ["everything else", /./],
];

const { values: asked } = parseArgs({
  options: {
    runs: { type: "string", default: "150" },
    sides: { type: "string", default: "weir,peer" },
    name: { type: "string" },
  },
});
const count = Number(asked.runs);
const sides = asked.sides.split(",");
const lines: string[] = [];
const say = (line: string) => {
  console.log(line);
  lines.push(line);
};

const cluster = await startCluster({ profile: false });
const stops: (() => Promise<void>)[] = [];
try {
  const totals: number[] = [];
  if (sides.includes("weir")) {
    const { server, target } = await startWeir(await prepareWeir(await cluster.database("weir")));
    stops.push(() => server.stop());
    totals.push(await tell(target));
    await afterRetention(target);
  }
  const bin = sides.includes("peer") ? prefectBin() : undefined;
  if (bin) {
    const { server, target } = await startPeer(bin, await cluster.database("prefect"));
    stops.push(() => server.stop());
    totals.push(await tell(target));
  }
  const [ours, theirs] = totals;
  if (ours && theirs) say(`\nWeir's run takes 1/${(theirs / ours).toFixed(1)} of the peer's.`);
  if (asked.name)
    console.log(`Written to ${saveText(asked.name, "Bytes of a finished run with ten task runs", lines)}`);
} finally {
  for (const stop of stops) await stop();
  await cluster.stop();
}

/** Leads the runs through their lives and says what each takes; gives the bytes of one. */
async function tell(target: Target): Promise<number> {
  const client = new pg.Client(target.databaseUrl);
  await client.connect();
  const drive = await driver(target);
  for (let run = 0; run < WARM_RUNS; run += 1) await drive();
  await stored(client, WARM_RUNS);
  const before = await sizes(client);
  for (let run = 0; run < count; run += 1) await drive();
  await stored(client, WARM_RUNS + count);
  const after = await sizes(client);
  await client.end();
  const parts = [...after].map(([name, bytes]) => [name, (bytes - (before.get(name) ?? 0)) / count] as const);
  const sum = (some: readonly (readonly [string, number])[]) => some.reduce((total, [, bytes]) => total + bytes, 0);
  const total = sum(parts);
  say(`\n${target.name}: ${kib(total)} a run, of which`);
  for (const [kind] of KINDS) {
    const own = parts.filter(([name]) => KINDS.find(([, pattern]) => pattern.test(name))?.[0] === kind);
    say(`- ${kind}: ${kib(sum(own))}, ${((100 * sum(own)) / total).toFixed(0)} %`);
    for (const [name, bytes] of own.sort(([, a], [, b]) => b - a))
      if (bytes >= SHOWN_FROM) say(`  - ${name}: ${Math.round(bytes)} bytes`);
  }
  return total;
}

/** One engine: gives a function that leads a run of ten tasks from Pending to Completed. */
async function driver(target: Target): Promise<() => Promise<void>> {
  const flowId = await createFlow(target, "bench-footprint");
  const connection = await Connection.open(target.url, headersOf(target));
  const socket = await EventSocket.open(`${target.url.replace(/^http/, "ws")}/events/in`, target.apiKey);
  stops.unshift(async () => {
    connection.close();
    socket.close();
  });
  return async () => {
    const id = await createFlowRun(connection, pathOf(target), flowId, "PENDING", randomUUID());
    const propose = async (type: string, name: string) =>
      expectStatus(
        await connection.send("POST", `${pathOf(target)}/flow_runs/${id}/set_state`, proposal(type, name)),
        201,
      );
    await propose("RUNNING", "Running");
    for (let task = 0; task < TASKS; task += 1) {
      const run: TaskRun = { prefix: randomBytes(4).toString("hex"), flowRun: { id, flowId } };
      for (const state of ["Pending", "Running", "Completed"] as const) socket.send(taskRunEvent(run, state));
    }
    await socket.ping();
    await propose("COMPLETED", "Completed");
  };
}

/** Waits until every task run is stored as completed, with its events and those of its flow run. */
async function stored(client: pg.Client, runs: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const table = (await client.query("select to_regclass('public.events') as name")).rows[0].name ?? "event";
  for (let last = -1; ; ) {
    const { rows } = await client.query(
      `select (select count(*)::int from task_run where state_type = 'COMPLETED') as tasks, (select count(*)::int from ${table}) as events`,
    );
    const { tasks, events } = rows[0];
    if (tasks >= runs * TASKS && events === last && events >= runs * TASKS * 3) return;
    if (performance.now() > deadline) throw new Error(`only ${tasks} task runs of ${runs * TASKS} were stored`);
    last = events;
    await delay(2_000);
  }
}

/** Bytes of each table, of all its partitions together, by part: its rows, its long values, each index; what is dead is swept up. */
async function sizes(client: pg.Client): Promise<Map<string, number>> {
  await client.query("vacuum (analyze)");
  const { rows } = await client.query(
    `with part as (
       select c.oid, c.reltoastrelid, coalesce(pg_partition_root(c.oid), c.oid)::regclass::text as root
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
     )
     select root, 'rows' as part, pg_relation_size(oid) + pg_relation_size(oid, 'fsm') + pg_relation_size(oid, 'vm') as bytes from part
     union all
     select root, 'long values', pg_total_relation_size(reltoastrelid) from part where reltoastrelid <> 0
     union all
     select root, 'index ' || (select string_agg(a.attname, ', ' order by a.attnum) from pg_attribute a where a.attrelid = i.indexrelid),
            pg_relation_size(i.indexrelid)
       from part join pg_index i on i.indrelid = part.oid`,
  );
  const parts = new Map<string, number>();
  for (const { root, part, bytes } of rows as { root: string; part: string; bytes: string }[]) {
    const name = `${root}: ${part}`;
    parts.set(name, (parts.get(name) ?? 0) + Number(bytes));
  }
  return parts;
}

/** Lets Weir's retention do what it does a month on, and says how many rows of runs are left. */
async function afterRetention(target: Target): Promise<void> {
  const db = openDb({ url: target.databaseUrl });
  const clock = systemClock();
  const services = { db, hot: openHot(db), clock: () => (clock() + (KEPT_DAYS + 8) * 86_400 * SECOND) as Micros };
  for (let isMore = true; isMore; ) ({ isMore } = await keepHistory(services));
  await db.close();
  const client = new pg.Client(target.databaseUrl);
  await client.connect();
  const { rows } = await client.query(
    `select (select count(*)::int from flow_run) as "flow runs", (select count(*)::int from task_run) as "task runs",
            (select count(*)::int from flow_run_state) + (select count(*)::int from task_run_state) as states,
            (select count(*)::int from event) as events, (select count(*)::int from event_resource) as "their resources",
            (select count(*)::int from outbox) as "outbox"`,
  );
  await client.end();
  const left = Object.entries(rows[0] as Record<string, number>).map(([what, number]) => `${number} ${what}`);
  say(`- left after retention: ${left.join(", ")}`);
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
