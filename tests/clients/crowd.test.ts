import { expect } from "vitest";
import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { ownProject, startWorker } from "./harness/project.ts";
import { type Json, type JsonObject, object, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { findRun, statesOf } from "./observe/flow-runs.ts";

const POOL = "clients-crowd";
/** A pool for one, each of whose workers looks after a queue of its own. */
const APART = "clients-apart";

/** Two workers of a pool for one run at a time: who comes first, what they are told to cancel, and what is watched. */
async function play(client: Client) {
  const cwd = ownProject(client);
  const deploy = (flow: string, name: string, queue: string, pool = POOL) =>
    client.ok(["--no-prompt", "deploy", `pipelines.py:${flow}`, "-n", name, "-p", pool, "-q", queue], { cwd });
  const run = async (deployment: string, name: string) => {
    await client.ok(["deployment", "run", deployment, "--flow-run-name", name], { cwd });
    return findRun(client, deployment.split("/")[0] ?? "", (one) => one.name === name);
  };
  await client.ok(["work-pool", "create", POOL, "--type", "process"]);
  await client.ok(["work-pool", "set-concurrency-limit", POOL, "1"]);
  await client.ok(["work-queue", "create", "urgent", "--pool", POOL, "--priority", "1"]);
  await deploy("report", "calm", "default");
  await deploy("report", "urgent", "urgent");
  await deploy("family", "calm", "default");
  const runs = [
    await run("clients-report/calm", "third"),
    await run("clients-report/calm", "fourth"),
    await run("clients-report/urgent", "first"),
    await run("clients-report/urgent", "second"),
  ];
  await client.ok(["work-pool", "create", APART, "--type", "process"]);
  await client.ok(["work-pool", "set-concurrency-limit", APART, "1"]);
  for (const queue of ["left", "right"]) {
    await client.ok(["work-queue", "create", queue, "--pool", APART]);
    await deploy("report", queue, queue, APART);
  }
  const apart = [
    await run("clients-report/left", "left-1"),
    await run("clients-report/left", "left-2"),
    await run("clients-report/right", "right-1"),
    await run("clients-report/right", "right-2"),
  ];
  const workers = [await startWorker(client, POOL), await startWorker(client, POOL, { name: "worker-2" })];
  workers.push(
    ...(await Promise.all(["left", "right"].map((queue) => startWorker(client, APART, { name: queue, queue })))),
  );
  try {
    const done = (await Promise.all(runs.map((one) => ended(client, one)))).sort(byStart);
    // Prefect's own server now and then offers two workers more than the pool has room for, and then in another order.
    if (client.mode !== "peer") {
      expect(done.map(({ name }) => name)).toEqual(["first", "second", "third", "fourth"]);
      expect(oneAtATime(done)).toBe(true);
    }
    const doneApart = (await Promise.all(apart.map((one) => ended(client, one)))).sort(byStart);
    if (client.mode !== "peer") expect(oneAtATime(doneApart)).toBe(true);
    await client.ok(["work-pool", "clear-concurrency-limit", POOL]);
    const watched = await client.prefect(["deployment", "run", "clients-report/calm", "--watch"], { cwd });

    const parent = await run("clients-family/calm", "parent");
    const child = await findRun(client, "clients-sleeper", ({ state_type }) => state_type === "RUNNING");
    await client.ok(["flow-run", "cancel", text(parent.id)]);

    await client.ok(["work-pool", "pause", POOL]);
    const pending = await run("clients-report/calm", "pending");
    await client.rest.post(`/flow_runs/${text(pending.id)}/set_state`, { state: { type: "PENDING", name: "Pending" } });
    await client.ok(["flow-run", "cancel", text(pending.id)]);

    return {
      "how often they ran": done.map(({ name, run_count }) => `${text(name)}: ${run_count}`).sort(),
      "how often they ran in two queues": doneApart.map(({ name, run_count }) => `${text(name)}: ${run_count}`).sort(),
      watched: { code: watched.code, last: watched.stdout.trim().split("\n").at(-1) ?? null },
      "a parent and its child, cancelled": [
        await wentThrough(client, await ended(client, parent)),
        await wentThrough(client, await ended(client, child)),
      ],
      "a pending run, cancelled": await wentThrough(client, pending),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop("SIGINT")));
  }
}

/** Whether each run, in the order in which they started, waited for the one before it to end. */
function oneAtATime(runs: JsonObject[]): boolean {
  return runs.every((one, at) => at === 0 || timeOf(one.start_time) >= timeOf(runs[at - 1]?.end_time));
}

/** A run, once it has ended. */
function ended({ rest }: Client, { id, name }: JsonObject): Promise<JsonObject> {
  return until(
    `${text(name)} to end`,
    async () => {
      const run = object(await rest.get(`/flow_runs/${text(id)}`));
      return run.end_time !== null && run;
    },
    120_000,
  );
}

/** The names of a run's states. Whether it was late is a matter of time. */
async function wentThrough(client: Client, { id }: JsonObject): Promise<string[]> {
  const names = (await statesOf(client.rest, "flow_run", text(id))).map((one) => text(one.name));
  return names.filter((name) => name !== "Late");
}

function byStart(one: JsonObject, other: JsonObject): number {
  return timeOf(one.start_time) - timeOf(other.start_time);
}

function timeOf(instant: Json | undefined): number {
  return Date.parse(text(instant));
}

comparedWithPeer({
  name: "crowd",
  play,
  sections: [
    "how often they ran",
    "how often they ran in two queues",
    "watched",
    "a parent and its child, cancelled",
    "a pending run, cancelled",
  ],
});
