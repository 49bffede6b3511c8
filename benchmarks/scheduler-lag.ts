import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Db, sql } from "@weir/db";
import { createDeployment, createFlow, createWorkPool, type Services } from "@weir/operations";
import { aWorkspace } from "@weir/testing";
import { headersOf, type Target } from "./promise.ts";

/** A poll gives 200 runs at most, so that many deployments share a pool. */
const PER_POOL = 200;
const AT_ONCE = 50;
const POLL_EVERY_MS = 500;
/** How far back a poll looks: a run that shows later than this after its time counts as never seen. */
const LOOK_BACK_MS = 5_000;
const HOUR_SECONDS = 3_600;

/** How long after their times runs were first seen by a poll, in milliseconds. */
export type Lags = { runs: number; unseen: number; p50: number; p99: number; most: number };

/** What is measured: so many hourly schedules that are first due `afterMs` from now, evenly over `spreadMs`. */
export type LagQuestion = { count: number; afterMs: number; spreadMs: number };

/** The background loops as they ship, in a process of their own. */
export function startLoops(databaseUrl: string): { stop(): void } {
  const main = fileURLToPath(new URL("../apps/background/src/main.ts", import.meta.url));
  const env = { ...process.env, DATABASE_URL: databaseUrl, NODE_ENV: "production" };
  const child = spawn(process.execPath, ["--import", "tsx", main], { env, stdio: ["ignore", "ignore", "inherit"] });
  return { stop: () => void child.kill("SIGTERM") };
}

/** Makes the schedules in a workspace of their own, lets the loops plan them, and polls every pool until all were due. */
export async function measureLags(
  services: Services,
  origin: string,
  { count, afterMs, spreadMs }: LagQuestion,
): Promise<Lags> {
  const first = Date.now() + afterMs;
  const workspace = await aWorkspace(services);
  const pools = Array.from({ length: Math.ceil(count / PER_POOL) }, (_, index) => `pool-${index}`);
  for (const name of pools) await createWorkPool(workspace.ctx(), { name, type: "process" });
  const { body: flow } = await createFlow(workspace.ctx(), { name: "bench" });
  const dueOf = (index: number) => first + (spreadMs * index) / count;
  for (let at = 0; at < count; at += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, offset) => {
        const index = at + offset;
        const schedule = { interval: HOUR_SECONDS, anchor_date: new Date(dueOf(index)).toISOString() };
        return createDeployment(workspace.ctx(), {
          ...{ flow_id: flow.id, name: `deployment-${index}`, work_pool_name: pools[index % pools.length] },
          schedules: [{ schedule }],
        });
      }),
    );
  }
  const planned = () => firstRuns(services.db, workspace.workspaceId, first + spreadMs);
  while ((await planned()) < count) {
    if (Date.now() > first) throw new Error("not planned in time: ask for fewer schedules, or a later time");
    await pause(200);
  }
  const url = `${origin}/api/accounts/${workspace.accountId}/workspaces/${workspace.workspaceId}`;
  const lags = new Map<string, number>();
  const target: Target = { name: "weir", url, apiKey: workspace.apiKey, databaseUrl: "" };
  const mine = (pool: number) => Math.ceil((count - pool) / pools.length);
  await Promise.all(
    pools.map((name, pool) => watch(target, name, { until: first + spreadMs, runs: mine(pool) }, lags)),
  );
  const sorted = [...lags.values()].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { runs: lags.size, unseen: count - lags.size, p50: at(0.5), p99: at(0.99), most: at(1) };
}

async function firstRuns(db: Db, workspaceId: string, untilMs: number): Promise<number> {
  const [row] = await db.query<{ runs: number }>(
    sql`select count(*) as runs from dispatch where workspace_id = ${workspaceId}::uuid
          and due_at <= ${new Date(untilMs).toISOString()}::timestamptz`,
  );
  return row?.runs ?? 0;
}

/** Polls a pool as a worker that wants what is due now, and notes when each run is first seen. */
async function watch(
  target: Target,
  pool: string,
  { until, runs }: { until: number; runs: number },
  lags: Map<string, number>,
): Promise<void> {
  let seen = 0;
  // Workers do not poll in step.
  await pause(Math.random() * POLL_EVERY_MS);
  while (seen < runs && Date.now() < until + LOOK_BACK_MS) {
    const began = Date.now();
    const answer = await fetch(`${target.url}/work_pools/${pool}/get_scheduled_flow_runs`, {
      method: "POST",
      headers: { ...headersOf(target), "content-type": "application/json" },
      body: JSON.stringify({
        limit: PER_POOL,
        scheduled_before: new Date(began).toISOString(),
        scheduled_after: new Date(began - LOOK_BACK_MS).toISOString(),
      }),
    });
    if (!answer.ok) throw new Error(`a poll answered ${answer.status}`);
    const offered = (await answer.json()) as { flow_run: { id: string; expected_start_time: string } }[];
    for (const { flow_run } of offered) {
      if (lags.has(flow_run.id)) continue;
      lags.set(flow_run.id, Date.now() - Date.parse(flow_run.expected_start_time));
      seen += 1;
    }
    await pause(Math.max(0, began + POLL_EVERY_MS - Date.now()));
  }
}
