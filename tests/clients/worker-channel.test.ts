import { beforeAll, describe, expect, inject, test } from "vitest";
import { type Client, type Mode, readyClient } from "./harness/client.ts";
import { weirModes, weirPlace } from "./harness/places.ts";
import type { Running } from "./harness/processes.ts";
import { ownProject, startWorker } from "./harness/project.ts";
import { type JsonObject, list, object, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { letCancellingEnd } from "./harness/weir.ts";
import { findRun } from "./observe/flow-runs.ts";

const POOL = "channel pool";
/** Every call of the client's, and what its worker decides. */
const TALKATIVE = {
  ...{ PREFECT_LOGGING_LEVEL: "DEBUG", PREFECT_LOGGING_ROOT_LEVEL: "INFO" },
  PREFECT_WORKER_HEARTBEAT_SECONDS: "1",
};

/** What was seen of one client's workers. */
type Seen = {
  worker: JsonObject;
  pool: JsonObject;
  /** What the first worker said, from its start until it had work to do. */
  said: string;
  later: JsonObject;
  /** What the second worker said. */
  heard: string;
  run: JsonObject;
};

/** Prefect's own server keeps clean-ups too, but for five minutes nothing happens there: Weir alone is looked at. */
describe.skipIf(!weirModes.includes("cloud"))("workers", () => {
  const played = new Map<Mode, Promise<Seen>>();
  beforeAll(() => {
    for (const mode of weirModes) played.set(mode, play(mode));
    return Promise.allSettled(played.values());
  });

  test.each(weirModes)("of a %s client open their channel and speak through it alone", async (mode) => {
    const { worker, later, pool, said } = (await played.get(mode)) ?? expect.fail("was not played");
    expect([worker.status, pool.status, pool.type]).toEqual(["ONLINE", "READY", "process"]);
    expect(Object.keys(object(object(pool.base_job_template).variables))).not.toEqual([]);
    expect(text(later.last_heartbeat_time) > text(worker.last_heartbeat_time)).toBe(true);
    expect(said).toContain("Skipping REST worker heartbeat because the worker channel is healthy.");
    const calls = said.split("\n").filter((line) => line.includes("HTTP Request: "));
    expect(calls.filter((line) => line.includes("/get_scheduled_flow_runs")).length).toBeGreaterThan(0);
    // The command itself looks for the pool once, and finds none; its worker neither looks for it nor makes it.
    const byRest = [
      /POST \S+\/workers\/heartbeat /,
      /POST \S+\/work_pools\/ /,
      /GET \S+\/work_pools\/[^/]+ "HTTP\/1.1 200/,
    ];
    expect(calls.filter((line) => byRest.some((call) => call.test(line)))).toEqual([]);
  });

  test.each(weirModes)("of a %s client hear of their pool's changes without asking", async (mode) => {
    const { heard } = (await played.get(mode)) ?? expect.fail("was not played");
    expect(heard.split("\n").filter((line) => line.startsWith("pool "))).toEqual([
      "pool is_paused=False limit=None",
      "pool is_paused=True limit=None",
      "pool is_paused=True limit=7",
    ]);
  });

  test.each(weirModes)("of a %s client take down what a run left behind that would not be cancelled", async (mode) => {
    const { run, heard } = (await played.get(mode)) ?? expect.fail("was not played");
    expect([run.state_type, run.state_name]).toEqual(["CANCELLED", "Cancelled"]);
    expect(text(object(run.state).message)).toMatch(/cancellation timed out/);
    expect(heard.match(/takes down/g)).toHaveLength(1);
  });
});

async function play(mode: Mode): Promise<Seen> {
  const client = await readyClient(await weirPlace(mode));
  const running: Running[] = [];
  try {
    return await playWith(client, running);
  } finally {
    await Promise.all(running.map((one) => one.stop("SIGKILL")));
    client.close();
  }
}

async function playWith(client: Client, running: Running[]): Promise<Seen> {
  const at = `/work_pools/${encodeURIComponent(POOL)}`;
  const first = await startWorker(client, POOL, { env: TALKATIVE });
  running.push(first);
  const [worker = {}] = list(await client.rest.post(`${at}/workers/filter`, {}));
  const later = await until("the worker to beat again", async () => {
    const [now = {}] = list(await client.rest.post(`${at}/workers/filter`, {}));
    return text(now.last_heartbeat_time) > text(worker.last_heartbeat_time) && now;
  });
  const pool = object(await client.rest.get(at));
  // Runs read what they hang on, their pool too: of the worker's own calls we have heard enough.
  const said = first.output();

  await client.ok(["--no-prompt", "deploy", "pipelines.py:sleeper", "--name", "s", "--pool", POOL], {
    cwd: ownProject(client),
  });
  await client.ok(["deployment", "run", "clients-sleeper/s"]);
  const isUp = ({ state_type, infrastructure_pid }: JsonObject) =>
    state_type === "RUNNING" && text(infrastructure_pid) !== "";
  const { id, infrastructure_pid } = await findRun(client, "clients-sleeper", isUp);
  const pid = Number(text(infrastructure_pid).split(":").at(-1));
  // What it says goes through its worker: only when it has said everything it outlives that.
  const ours = { logs: { flow_run_id: { any_: [text(id)] } } };
  await until("the run to sleep", async () =>
    list(await client.rest.post("/logs/filter", ours)).some(({ message }) => text(message).includes("asleep")),
  );

  // The worker dies, so nobody listens when the run is cancelled; what it started goes on.
  await first.stop("SIGKILL");
  await client.ok(["flow-run", "cancel", text(id)]);
  const second = client.startPython("teardown.py", [POOL]);
  running.push(second);
  const says = (line: string) => until(`the worker to say "${line}"`, () => second.output().includes(line));
  await says("pool is_paused=False");
  await client.ok(["work-pool", "pause", POOL]);
  await says("pool is_paused=True");
  await client.ok(["work-pool", "set-concurrency-limit", POOL, "7"]);
  await says("limit=7");
  expect(isAlive(pid)).toBe(true);
  const weir = inject("weir") ?? expect.fail("there is no Weir");
  await letCancellingEnd(weir, text(id));
  await until("what the run left behind to be gone", () => !isAlive(pid));
  const run = object(await client.rest.get(`/flow_runs/${text(id)}`));
  return { worker, pool, said, later, heard: second.output(), run };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
