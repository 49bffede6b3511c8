/**
 * `npx tsx benchmarks/soak.ts [--minutes 30] [--load 0.5] [--name NAME]`: Weir with its loops under a steady part of the load that
 * it can bear: lives of flow runs with task runs, log lines, a slot, a worker's poll and a look at the list. Every ten seconds it notes
 * latencies, the memory of the process and the size of tables; the plot and what changed go into `results`.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { createDeployment, createFlow, createFlowRun, expectStatus, proposal } from "./driver/calls.ts";
import { Connection } from "./driver/connection.ts";
import { EventSocket } from "./driver/socket.ts";
import { type TaskRun, taskRunEvent } from "./driver/task-run-event.ts";
import { plot } from "./plot.ts";
import { headersOf, pathOf, type Target } from "./promise.ts";
import { median, saveText } from "./report.ts";
import { startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const POOL = "bench-soak";
const LIMIT = "bench-soak";
const TASKS = 3;
const LINES = 10;
const CLIENTS = 16;
const SAMPLE_MS = 10_000;
const PAGE_BYTES = 4096;
/** Tables that hold what is going on, and must not grow with what has been. */
const LIVE = ["dispatch", "concurrency_slot", "concurrency_wait", "queued_task", "task_worker", "worker", "work_queue"];

type Sample = { minute: number; lives: number; p50: number; p99: number; rss: number; live: number; history: number };

const { values: asked } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    load: { type: "string", default: "0.5" },
    name: { type: "string" },
  },
});
const cluster = await startCluster({ profile: false });
const { server, target } = await startWeir(await prepareWeir(await cluster.database("weir")), { loops: true });
const client = new pg.Client(target.databaseUrl);
await client.connect();
try {
  const flowId = await createFlow(target, "bench-soak");
  await createDeployment(target, "bench-soak", POOL);
  const engines = await Promise.all(Array.from({ length: CLIENTS }, () => engine(target, flowId)));
  await engines[0]?.makeLimit();
  const most = await bearable(engines, 10_000);
  const rate = most * Number(asked.load);
  console.log(`${most.toFixed(0)} lives a second are the most; ${rate.toFixed(0)} from now on`);
  tell(await soak(engines, rate, Number(asked.minutes) * 60_000), rate);
} finally {
  await client.end();
  await server.stop();
  await cluster.stop();
}

/** One client: `live` leads a run through its life and gives the milliseconds of its calls. */
async function engine(of: Target, flowId: string) {
  const base = pathOf(of);
  const connection = await Connection.open(of.url, headersOf(of));
  const socket = await EventSocket.open(`${of.url.replace(/^http/, "ws")}/events/in`, of.apiKey);
  return {
    close() {
      connection.close();
      socket.close();
    },
    async makeLimit() {
      const limit = JSON.stringify({ name: LIMIT, limit: 1_000 });
      expectStatus(await connection.send("POST", `${base}/v2/concurrency_limits/`, limit), 201);
    },
    async live(): Promise<number[]> {
      const latencies: number[] = [];
      const post = async (path: string, body: string, ...statuses: number[]) => {
        const began = performance.now();
        const answer = await connection.send("POST", base + path, body);
        latencies.push(performance.now() - began);
        expectStatus(answer, ...statuses);
        return answer.body;
      };
      const id = await createFlowRun(connection, base, flowId, "SCHEDULED", randomUUID());
      const propose = (type: string, name: string) => post(`/flow_runs/${id}/set_state`, proposal(type, name), 201);
      const before = new Date(Date.now() + 10_000).toISOString();
      await post(`/work_pools/${POOL}/get_scheduled_flow_runs`, `{"scheduled_before":"${before}"}`, 200);
      await propose("PENDING", "Pending");
      await propose("RUNNING", "Running");
      const take = `{"names":["${LIMIT}"],"slots":1,"mode":"concurrency","lease_duration":60}`;
      const { lease_id } = JSON.parse(await post("/v2/concurrency_limits/increment-with-lease", take, 200));
      const run: TaskRun["flowRun"] = { id, flowId };
      for (let task = 0; task < TASKS; task += 1) {
        const taskRun: TaskRun = { prefix: randomBytes(4).toString("hex"), flowRun: run };
        for (const state of ["Pending", "Running", "Completed"] as const) socket.send(taskRunEvent(taskRun, state));
      }
      await socket.ping();
      const line = (n: number) =>
        `{"name":"prefect.flow_runs","level":20,"message":"line ${n}","timestamp":"${new Date().toISOString()}","flow_run_id":"${id}"}`;
      await post("/logs/", `[${Array.from({ length: LINES }, (_, n) => line(n)).join(",")}]`, 201);
      await post("/v2/concurrency_limits/decrement-with-lease", `{"lease_id":"${lease_id}"}`, 204);
      await propose("COMPLETED", "Completed");
      await post("/flow_runs/filter", '{"sort":"START_TIME_DESC","limit":20}', 200);
      return latencies;
    },
  };
}

type Engine = Awaited<ReturnType<typeof engine>>;

/** Lives a second when every client goes as fast as it can. */
async function bearable(engines: readonly Engine[], milliseconds: number): Promise<number> {
  const until = performance.now() + milliseconds;
  let lives = 0;
  await Promise.all(
    engines.map(async (one) => {
      for (; performance.now() < until; lives += 1) await one.live();
    }),
  );
  return (lives * 1000) / milliseconds;
}

/** Drives at a steady rate and samples. A life that cannot start in its time starts late: none is left out. */
async function soak(engines: readonly Engine[], rate: number, milliseconds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const start = performance.now();
  let latencies: number[] = [];
  let lives = 0;
  let next = 0;
  const drive = async (one: Engine) => {
    for (;;) {
      const due = start + (next * 1000) / rate;
      if (due > start + milliseconds) return;
      next += 1;
      await delay(Math.max(0, due - performance.now()));
      latencies.push(...(await one.live()));
      lives += 1;
    }
  };
  const sample = async () => {
    for (let at = SAMPLE_MS; at <= milliseconds; at += SAMPLE_MS) {
      await delay(Math.max(0, start + at - performance.now()));
      const sorted = latencies.toSorted((a, b) => a - b);
      latencies = [];
      const place = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
      const times = { minute: at / 60_000, lives, p50: place(0.5), p99: place(0.99) };
      samples.push({ ...times, rss: residentBytes(server.pid) / 2 ** 20, ...(await sizes()) });
      const { minute, p50, p99, rss } = samples.at(-1) ?? { minute: 0, p50: 0, p99: 0, rss: 0 };
      console.log(
        `${minute.toFixed(1)} min: ${lives} lives, p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms, ${rss.toFixed(0)} MiB`,
      );
    }
  };
  await Promise.all([...engines.map(drive), sample()]);
  for (const one of engines) one.close();
  return samples;
}

function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_BYTES;
}

/** MiB of the tables of what is going on, and of all others. */
async function sizes(): Promise<{ live: number; history: number }> {
  const { rows } = await client.query(
    `select coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relname = any($1)), 0)::float8 as live,
            coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relname <> all($1)), 0)::float8 as history
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
    [LIVE],
  );
  return { live: rows[0].live / 2 ** 20, history: rows[0].history / 2 ** 20 };
}

/** Prints, and with a name keeps, the second fifth beside the last one: what leaks, bloats or slows down grows between them. */
function tell(samples: readonly Sample[], rate: number): void {
  const fifth = Math.floor(samples.length / 5);
  const compare = (what: string, unit: string, value: (sample: Sample) => number) => {
    const [early, late] = [samples.slice(fifth, 2 * fifth), samples.slice(-fifth)].map((part) =>
      median(part.map(value)),
    );
    return `- ${what}: ${early?.toPrecision(3)} ${unit} in the second fifth, ${late?.toPrecision(3)} ${unit} in the last, ${((late ?? 0) / (early ?? 1)).toFixed(2)}×`;
  };
  const [first] = samples;
  const perLife = (sample: Sample) =>
    ((sample.history - (first?.history ?? 0)) * 1024) / Math.max(1, sample.lives - (first?.lives ?? 0));
  const lines = [
    `${rate.toFixed(0)} lives of a run a second, ${samples.at(-1)?.lives} in all, for ${samples.at(-1)?.minute} minutes.`,
    compare("p50 of a call", "ms", ({ p50 }) => p50),
    compare("p99 of a call", "ms", ({ p99 }) => p99),
    compare("memory of the API with its loops", "MiB", ({ rss }) => rss),
    compare("tables of what is going on", "MiB", ({ live }) => live),
    compare("all other tables, for each run", "KiB", perLife),
  ];
  console.log(lines.join("\n"));
  if (!asked.name) return;
  const path = saveText(asked.name, "Weir under a steady load", [...lines, "", `![The samples](${asked.name}.svg)`]);
  const curves = [
    { title: "p50 of a call, ms", values: samples.map(({ p50 }) => p50) },
    { title: "p99 of a call, ms", values: samples.map(({ p99 }) => p99) },
    { title: "memory of the API with its loops, MiB", values: samples.map(({ rss }) => rss) },
    { title: "tables of what is going on, MiB", values: samples.map(({ live }) => live) },
    { title: "all other tables, KiB for each run so far", values: samples.map(perLife) },
  ];
  const minutes = samples.map(({ minute }) => minute);
  writeFileSync(path.replace(/[^/]*$/, `${asked.name}.svg`), plot("Weir under a steady load", minutes, curves));
  console.log(`Written to ${path}`);
}
