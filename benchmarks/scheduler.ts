/**
 * `npx tsx benchmarks/scheduler.ts [--deployments 10000]`: how many runs a second the scheduler makes of hourly schedules, on
 * the cluster of the other benchmarks, two planners in one process; and how long after its time a run is first seen by a
 * poll, with API and loops in processes of their own. The peer makes at most 500 runs per pass, a pass a minute.
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { type Micros, SECOND } from "@weir/contracts";
import { openDb, openHot, sql } from "@weir/db";
import { createDeployment, createFlow, planSchedules, systemClock } from "@weir/operations";
import { aWorkspace } from "@weir/testing";
import { measureLags, startLoops } from "./scheduler-lag.ts";
import { startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const { values } = parseArgs({ options: { deployments: { type: "string", default: "10000" } } });
const count = Number(values.deployments);
const AT_ONCE = 50;

const cluster = await startCluster({ profile: false });
const prepared = await prepareWeir(await cluster.database("weir"));
const { databaseUrl } = prepared;
const db = openDb({ url: databaseUrl });
const machineClock = systemClock();
let ahead = 0;
const services = { db, hot: openHot(db), clock: () => (machineClock() + ahead) as Micros };
try {
  const workspace = await aWorkspace(services);
  const { body: flow } = await createFlow(workspace.ctx(), { name: "bench" });
  const schedules = [{ schedule: { cron: "0 * * * *", timezone: "Europe/Berlin" } }];
  const began = performance.now();
  for (let at = 0; at < count; at += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, index) =>
      createDeployment(workspace.ctx(), { flow_id: flow.id, name: `deployment-${at + index}`, schedules }),
    );
    await Promise.all(batch);
  }
  const madeInMs = performance.now() - began;
  await db.query(sql`analyze`);
  await planAll("the first runs of all");
  // One run of each has gone: every schedule is due in the same minute.
  ahead = 3600 * SECOND;
  await planAll("an hour later, all due in one minute");
  ahead = 0;
  // Making them took so long; the loops plan meanwhile.
  const afterMs = 2 * madeInMs + 20_000;
  const { server, target } = await startWeir(prepared);
  const loops = startLoops(databaseUrl);
  try {
    for (const [what, spreadMs] of [
      ["due within one minute", 60_000],
      ["due at one instant", 0],
    ] as const) {
      const lags = await measureLags(services, new URL(target.url).origin, { count, afterMs, spreadMs });
      console.log(
        `${what}: ${lags.runs} runs seen by polls (${lags.unseen} not), ${lags.p50} ms after their time, p99 ${lags.p99} ms, at most ${lags.most} ms`,
      );
    }
  } finally {
    loops.stop();
    await server.stop();
  }
} finally {
  await db.close();
  await cluster.stop();
}

async function planAll(what: string): Promise<void> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const planner = async (): Promise<number> => {
    const { runs, isMore } = await planSchedules(services);
    return runs + (isMore ? await planner() : 0);
  };
  // Two at once, as two replicas do.
  const made = (await Promise.all([planner(), planner()])).reduce((sum, runs) => sum + runs);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const each = (user + system) / 1000 / Math.max(made, 1);
  console.log(
    `${what}: ${count} schedules, ${made} runs in ${seconds.toFixed(2)} s, ${Math.round(made / seconds)} a second, ${each.toFixed(3)} ms CPU each`,
  );
}
