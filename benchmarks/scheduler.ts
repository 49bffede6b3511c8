/**
 * `npx tsx benchmarks/scheduler.ts [--deployments 10000] [--no-lags] [--profile]`: how many runs a second the scheduler makes
 * of hourly schedules, on the cluster of the other benchmarks, two planners in one process; and how long after its time a run
 * is first seen by a poll, with API and loops in processes of their own. The peer makes at most 500 runs per pass, a pass a minute.
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { type Micros, SECOND } from "@weir/contracts";
import { openDb, openHot, sql } from "@weir/db";
import { createDeployment, createFlow, planSchedules, systemClock } from "@weir/operations";
import { aWorkspace } from "@weir/testing";
import { treeCpuSeconds } from "./driver/cpu.ts";
import { profiled, statements } from "./profile.ts";
import { measureLags, startLoops } from "./scheduler-lag.ts";
import { startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const { values } = parseArgs({
  allowNegative: true,
  options: {
    deployments: { type: "string", default: "10000" },
    lags: { type: "boolean", default: true },
    profile: { type: "boolean", default: false },
  },
});
const count = Number(values.deployments);
/** Deployments that are made as clients make them; the rest are copies. */
const SAMPLE = Math.min(100, count);

const cluster = await startCluster({ profile: values.profile });
const prepared = await prepareWeir(await cluster.database("weir"));
const { databaseUrl } = prepared;
const db = openDb({ url: databaseUrl });
const machineClock = systemClock();
let ahead = 0;
const services = { db, hot: openHot(db), clock: () => (machineClock() + ahead) as Micros };
try {
  const madeInMs = await makeDeployments();
  await db.query(sql`analyze`);
  await planAll("the first runs of all");
  // One run of each has gone: every schedule is due in the same minute.
  ahead = 3600 * SECOND;
  await planAll("an hour later, all due in one minute");
  ahead = 0;
  if (values.lags) await seeLags(3 * madeInMs + 45_000);
} finally {
  await db.close();
  await cluster.stop();
}

/** Deployments with an hourly schedule. Gives the milliseconds in which so many would be made without copying. */
async function makeDeployments(): Promise<number> {
  const workspace = await aWorkspace(services);
  const { body: flow } = await createFlow(workspace.ctx(), { name: "bench" });
  const schedules = [{ schedule: { cron: "0 * * * *", timezone: "Europe/Berlin" } }];
  const began = performance.now();
  const make = (_: unknown, index: number) =>
    createDeployment(workspace.ctx(), { flow_id: flow.id, name: `deployment-${index}`, schedules });
  const made = await Promise.all(Array.from({ length: SAMPLE }, make));
  const eachMs = (performance.now() - began) / SAMPLE;
  const id = String(made[0]?.body.id);
  await db.query(sql`
    with copies as (
      select n, uuidv7() as deployment_id, uuidv7() as id from generate_series(${SAMPLE}::int, ${count - 1}::int) as n
    ), deployments as (
      insert into deployment select c.* from copies, deployment d, lateral
        jsonb_populate_record(d, jsonb_build_object('id', deployment_id, 'name', 'deployment-' || n)) as c
       where d.id = ${id}::uuid
    )
    insert into deployment_schedule select c.* from copies, deployment_schedule s, lateral
      jsonb_populate_record(s, jsonb_build_object('id', copies.id, 'deployment_id', copies.deployment_id)) as c
     where s.deployment_id = ${id}::uuid`);
  return eachMs * count;
}

/** Of as many schedules again: how late their runs are seen. They are due `afterMs` from now, and are made and planned meanwhile. */
async function seeLags(afterMs: number): Promise<void> {
  const { server, target } = await startWeir(prepared);
  const loops = startLoops(databaseUrl);
  try {
    for (const [what, spreadMs] of [
      ["due within one minute", 60_000],
      ["due at one instant", 0],
    ] as const) {
      const lags = await measureLags(services, new URL(target.url).origin, {
        count,
        afterMs,
        spreadMs,
      });
      console.log(
        `${what}: ${lags.runs} runs seen by polls (${lags.unseen} not), ${lags.p50} ms after their time, p99 ${lags.p99} ms, at most ${lags.most} ms`,
      );
    }
  } finally {
    loops.stop();
    await server.stop();
  }
}

async function planAll(what: string): Promise<void> {
  const postgres = treeCpuSeconds(cluster.pid);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const planner = async (): Promise<number> => {
    const { runs, isMore } = await planSchedules(services);
    return runs + (isMore ? await planner() : 0);
  };
  // Two at once, as two replicas do.
  const plan = () => Promise.all([planner(), planner()]);
  const made = (await (values.profile ? profiled(what, plan) : plan())).reduce((sum, runs) => sum + runs);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const each = (cpuSeconds: number) => ((cpuSeconds * 1000) / Math.max(made, 1)).toFixed(3);
  console.log(
    `${what}: ${count} schedules, ${made} runs in ${seconds.toFixed(2)} s, ${Math.round(made / seconds)} a second; CPU of each: ${each((user + system) / 1e6)} ms Node.js, ${each(treeCpuSeconds(cluster.pid) - postgres)} ms PostgreSQL`,
  );
  if (values.profile) console.log(await statements(databaseUrl));
}
