/**
 * `npx tsx benchmarks/handover.ts [--tasks 778] [--sides weir,peer]`: so many tasks of 0.12 s under a limit of ten, all asking
 * at once, as engines do: who is told that no slot is free asks again after the Retry-After, and so does who meets a fault,
 * a second later. Told beside what ten at a time would need, and what it cost.
 */
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { treeCpuSeconds } from "./driver/cpu.ts";
import { headersOf, type Target } from "./promise.ts";
import { prefectBin, startPeer } from "./servers/peer.ts";
import { startCluster } from "./servers/postgres.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";

const LIMIT = 10;
const TASK_MS = 120;

const { values } = parseArgs({
  options: { tasks: { type: "string", default: "778" }, sides: { type: "string", default: "weir,peer" } },
});
const tasks = Number(values.tasks);
const sides = values.sides.split(",");

/** How often the server at hand answered 500. */
let faults = 0;

const cluster = await startCluster({ profile: false });
const stops: (() => Promise<void>)[] = [];
try {
  if (sides.includes("weir")) {
    const { server, target } = await startWeir(await prepareWeir(await cluster.database("weir")));
    stops.push(() => server.stop());
    await tell(target, server.pid);
  }
  const bin = sides.includes("peer") ? prefectBin() : undefined;
  if (bin) {
    const { server, target } = await startPeer(bin, await cluster.database("prefect"));
    stops.push(() => server.stop());
    await tell(target, server.pid);
  }
} finally {
  for (const stop of stops) await stop();
  await cluster.stop();
}

async function tell(target: Target, server: number): Promise<void> {
  faults = 0;
  const name = `handover-${randomUUID()}`;
  await call(target, "/v2/concurrency_limits/", { name, limit: LIMIT });
  const used = () => [treeCpuSeconds(server), treeCpuSeconds(cluster.pid), process.cpuUsage().user / 1e6];
  const before = used();
  const began = performance.now();
  const asked = await Promise.all(Array.from({ length: tasks }, () => task(target, name)));
  const seconds = (performance.now() - began) / 1000;
  const cpu = used().map((after, index) => (after - (before[index] ?? 0)).toFixed(1));
  const least = (tasks * TASK_MS) / 1000 / LIMIT;
  const calls = asked.reduce((sum, times) => sum + times, 0);
  const told = faults > 0 ? `, ${faults} calls were answered 500` : "";
  console.log(
    `${target.name}: ${tasks} tasks in ${seconds.toFixed(1)} s, ${(seconds / least).toFixed(2)}× of the least (${least.toFixed(1)} s); asked ${calls} times${told}; CPU seconds: server ${cpu[0]}, PostgreSQL ${cpu[1]}, callers ${cpu[2]}`,
  );
}

/** One task: waits for its slot, holds it, gives it back. Gives how often it asked. */
async function task(target: Target, name: string): Promise<number> {
  const holder = { type: "task_run", id: randomUUID() };
  const ask = { names: [name], slots: 1, mode: "concurrency", lease_duration: 300, holder };
  for (let times = 1; ; times += 1) {
    const { status, retryAfter, body } = await call(target, "/v2/concurrency_limits/increment-with-lease", ask);
    if (status === 200) {
      await pause(TASK_MS);
      while (
        (await call(target, "/v2/concurrency_limits/decrement-with-lease", { lease_id: body.lease_id })).status >= 500
      )
        await pause(1_000);
      return times;
    }
    await pause(retryAfter * 1000);
  }
}

async function call(target: Target, path: string, body: unknown) {
  const answer = await fetch(target.url + path, {
    method: "POST",
    headers: { ...headersOf(target), "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  // An idle connection that the server closed just then.
  if (!answer) return { status: 503, retryAfter: 0.1, body: {} as { lease_id?: string } };
  const text = await answer.text();
  if (answer.status === 500) faults += 1;
  if (answer.status >= 400 && ![423, 429, 500, 503].includes(answer.status))
    throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 200)}`);
  return {
    status: answer.status,
    retryAfter: Number(answer.headers.get("retry-after") ?? 1),
    body: (answer.ok && text !== "" ? (JSON.parse(text) ?? {}) : {}) as { lease_id?: string },
  };
}
