import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Client, newClient } from "./harness/client.ts";
import { olderBin, scenariosDir } from "./harness/paths.ts";
import { weirModes, weirPlace } from "./harness/places.ts";
import type { Finished } from "./harness/processes.ts";
import { type JsonObject, list, object, parse, text } from "./harness/rest.ts";

/** Six Pythons start at once: on a busy machine that takes its time. */
const PATIENCE_MS = 400_000;

const told = { flaky: 2, child: 2, tagged: [0, 1, 2, 3], "tagged at once": 1, "with a slot": true };

/** Older releases, and what their flow says. Clients of 2 cache in blocks, which Weir has none of. */
const RELEASES = [
  { release: "3.4", version: "3.4.25", caches: true, told: { ...told, cached: [7, 7, 1] } },
  { release: "2", version: "2.20.27", caches: false, told },
];

describe.skipIf(!weirModes.includes("cloud")).concurrent.each(RELEASES)("a client of $version", (one) => {
  test("logs in, and runs tasks with retries and limits, a subflow and slots", { timeout: PATIENCE_MS }, async () => {
    const client = await loggedIn(one.release);
    const { told, flowRun } = await runs(client, one.caches);
    expect(told).toEqual(one.told);
    expect(await states(client, "flow", flowRun)).toEqual(["Pending", "Running", "Completed"]);
    const tasks = await taskRuns(client, flowRun);
    const named = (name: string) => tasks.filter((task) => text(task.name).startsWith(name));
    expect(tasks).toHaveLength(one.caches ? 8 : 6);
    expect(tasks.every(({ state_type }) => state_type === "COMPLETED")).toBe(true);
    const [flaky] = named("flaky");
    expect(await states(client, "task", object(flaky))).toEqual(
      expect.arrayContaining(["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"]),
    );
    expect(flaky?.run_count).toBe(2);
    const [child] = list(
      await client.rest.post("/flow_runs/filter", { flows: { name: { any_: ["clients-older-child"] } } }),
    );
    expect(tasks.map(({ id }) => id)).toContain(child?.parent_task_run_id);
    const logs = await client.rest.all("/logs/filter", { logs: { flow_run_id: { any_: [text(child?.id)] } } });
    expect(logs.map(({ message }) => message)).toContain("the child got 1");
    const limit = object(await client.rest.get("/concurrency_limits/tag/clients-tag"));
    expect(limit.active_slots).toEqual([]);
    const [task] = named("tagged");
    const events = object(await client.rest.post("/events/filter", ofResource(`prefect.task-run.${text(task?.id)}`)));
    expect(list(events.events).map(({ event }) => event)).toEqual(
      expect.arrayContaining(["prefect.task-run.Pending", "prefect.task-run.Running", "prefect.task-run.Completed"]),
    );
  });

  test("deploys, and a worker of it runs the deployment", { timeout: PATIENCE_MS }, async () => {
    const client = await loggedIn(one.release);
    cpSync(join(scenariosDir, "project/pipelines.py"), join(client.home, "pipelines.py"));
    await client.rest.post("/work_pools/", { name: "clients-pool", type: "process" });
    await client.ok([
      ...["--no-prompt", "deploy", "pipelines.py:report", "--name", "nightly", "--pool", "clients-pool"],
      ...["--cron", "30 6 * * *", "--timezone", "America/New_York", "--param", "day=tuesday"],
    ]);
    const cron = { cron: "30 6 * * *", timezone: "America/New_York", day_or: true };
    const deployment = object(await client.rest.get("/deployments/name/clients-report/nightly"));
    expect(deployment).toMatchObject({
      ...{ parameters: { day: "tuesday" }, work_pool_name: "clients-pool", entrypoint: "pipelines.py:report" },
      ...{ paused: false, is_schedule_active: true, schedule: cron, schedules: [{ active: true, schedule: cron }] },
    });
    const run = object(await client.rest.post(`/deployments/${text(deployment.id)}/create_flow_run`, {}));
    const worker = ["worker", "start", "--pool", "clients-pool", "--type", "process", "--run-once"];
    await client.ok(worker);
    expect(await client.rest.get(`/flow_runs/${text(run.id)}`)).toMatchObject({ state_type: "COMPLETED" });
    expect(await states(client, "flow", run)).toEqual(["Scheduled", "Pending", "Running", "Completed"]);
  });
});

describe.skipIf(!weirModes.includes("server")).concurrent.each(RELEASES)(
  "a client of $version in server mode",
  ({ release, caches, told }) => {
    test("runs as it does in cloud mode", { timeout: PATIENCE_MS }, async () => {
      const client = newClient(await weirPlace("server"), olderBin(release));
      const { told: said, flowRun } = await runs(client, caches);
      expect(said).toEqual(told);
      // Engines of 3 tell of their tasks on a socket, which carries no key here.
      expect((await taskRuns(client, flowRun)).length).toBe(caches ? 8 : 6);
    });
  },
);

async function loggedIn(release: string): Promise<Client> {
  const place = await weirPlace("cloud");
  const client = newClient(place, olderBin(release));
  const { apiKey = "", workspace = "" } = place;
  const said = await client.ok(["cloud", "login", "--key", apiKey, "--workspace", workspace]);
  expect(said).toContain(`Authenticated with Prefect Cloud! Using workspace '${workspace}'.`);
  return client;
}

/** Runs `older.py` under a limit of one on its tag, and one for its slot: what it printed, and its flow run. */
async function runs(client: Client, caches: boolean): Promise<{ told: unknown; flowRun: JsonObject }> {
  await client.rest.post("/v2/concurrency_limits/", { name: "clients-limit", limit: 1 });
  await client.rest.post("/concurrency_limits/", { tag: "clients-tag", concurrency_limit: 1 });
  const finished = await client.python("older.py", caches ? ["cache"] : []);
  const [flowRun] = list(await client.rest.post("/flow_runs/filter", { flows: { name: { any_: ["clients-older"] } } }));
  return { told: printed(finished), flowRun: object(flowRun) };
}

function taskRuns({ rest }: Client, { id }: JsonObject): Promise<JsonObject[]> {
  return rest.all("/task_runs/filter", { task_runs: { flow_run_id: { any_: [text(id)] } } });
}

function printed({ code, stdout, stderr }: Finished): unknown {
  if (code !== 0) throw new Error(`older.py ended with ${code}:\n${stdout}\n${stderr}`);
  return parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** The names of a run's states in the order in which it went through them; whether it was late is a matter of time. */
async function states({ rest }: Client, of: "flow" | "task", { id }: JsonObject): Promise<string[]> {
  const rows = list(await rest.get(`/${of}_run_states/?${of}_run_id=${text(id)}`));
  return rows
    .sort((a, b) => (text(a.timestamp) < text(b.timestamp) ? -1 : 1))
    .map(({ name }) => text(name))
    .filter((name) => name !== "Late");
}

function ofResource(id: string) {
  const hoursAway = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  return { filter: { occurred: { since: hoursAway(-1), until: hoursAway(1) }, any_resource: [{ id: [id] }] } };
}
