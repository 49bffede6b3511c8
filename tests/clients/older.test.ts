import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Client } from "./harness/client.ts";
import { olderClient, PATIENCE_MS, RELEASES, RELEASES_BY_MODE, stateNames } from "./harness/older.ts";
import { scenariosDir } from "./harness/paths.ts";
import { weirModes } from "./harness/places.ts";
import type { Finished } from "./harness/processes.ts";
import { type JsonObject, list, object, parse, text } from "./harness/rest.ts";

/** What the flow says of itself. */
const told = (caches: boolean) => ({
  ...{ flaky: 2, child: 2, tagged: [0, 1, 2, 3], "tagged at once": 1, mapped: [2, 4], "all at once": [0, 1, 2] },
  ...{ "with a slot": true, "at a rate": true, "no slot in time": true, "timed out": "TimedOut", received: [5, 6] },
  ...(caches ? { cached: [7, 7, 1] } : {}),
});

describe.skipIf(weirModes.includes("peer")).concurrent.each(RELEASES_BY_MODE)(
  "a client of $version in $mode mode",
  ({ release, mode, caches }) => {
    test("runs tasks with retries and limits, a subflow, slots and inputs", { timeout: PATIENCE_MS }, async () => {
      const client = await olderClient(release, mode);
      const { said, flowRun } = await runs(client, caches);
      expect(said).toEqual(told(caches));
      expect(await stateNames(client, "flow", flowRun)).toEqual(["Pending", "Running", "Completed"]);
      // Engines of 3 tell of their tasks on a socket, which carries no key in server mode.
      const tasks = await taskRuns(client, flowRun);
      const named = (name: string) => tasks.filter((task) => text(task.name).startsWith(name));
      expect(tasks).toHaveLength(caches ? 11 : 9);
      expect(tasks.filter(({ state_type }) => state_type !== "COMPLETED").map(({ state_name }) => state_name)).toEqual([
        "TimedOut",
      ]);
      const [flaky] = named("flaky");
      expect(await stateNames(client, "task", text(flaky?.id))).toEqual(
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
      const slots = object(await client.rest.get("/v2/concurrency_limits/clients-limit"));
      expect(slots.active_slots).toBe(0);
      const [task] = named("tagged");
      expect(await eventsOf(client, `prefect.task-run.${text(task?.id)}`)).toEqual(
        expect.arrayContaining(["prefect.task-run.Pending", "prefect.task-run.Running", "prefect.task-run.Completed"]),
      );
      // Clients of 2 that have not logged in send no events of flows' own.
      expect(await eventsOf(client, "clients.older")).toEqual(
        mode === "server" && release === "2" ? [] : ["clients.told"],
      );
      client.close();
    });
  },
);

describe.skipIf(!weirModes.includes("cloud")).concurrent.each(RELEASES)("a client of $version", ({ release }) => {
  test("deploys, and a worker of it runs the deployment", { timeout: PATIENCE_MS }, async () => {
    const client = await olderClient(release, "cloud");
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
    expect(await stateNames(client, "flow", text(run.id))).toEqual(["Scheduled", "Pending", "Running", "Completed"]);

    const report = "clients-report/nightly";
    const pooled = ["--pool", "clients-pool"];
    const shown = new Map<string, string>();
    for (const args of [
      ["deployment", "inspect", report],
      ["deployment", "schedule", "create", report, "--interval", "900", "--replace", "--accept-yes"],
      ["deployment", "schedule", "ls", report],
      ["deployment", "schedule", "clear", report, "--accept-yes"],
      ["deployment", "run", report, "--start-in", "1 hour", "--param", "day=friday"],
      ["work-pool", "set-concurrency-limit", "clients-pool", "3"],
      ["work-pool", "preview", "clients-pool"],
      ["work-queue", "create", "clients-queue", ...pooled, "--limit", "2", "--priority", "3"],
      ["work-queue", "pause", "clients-queue", ...pooled],
      ["work-queue", "inspect", "clients-queue", ...pooled],
      ["work-queue", "ls", ...pooled],
      ["flow-run", "ls", "--flow-name", "clients-report", "--state", "Completed"],
      ["flow-run", "inspect", text(run.id)],
      ["flow-run", "logs", text(run.id)],
      ["gcl", "create", "clients-gcl", "--limit", "2"],
      ["gcl", "disable", "clients-gcl"],
      ["gcl", "inspect", "clients-gcl"],
      ["concurrency-limit", "create", "clients-cl", "2"],
      ["concurrency-limit", "inspect", "clients-cl"],
    ]) {
      shown.set(args.slice(0, 2).join(" "), await client.ok(args));
    }
    expect(Object.fromEntries(shown)).toMatchObject({
      "deployment inspect": expect.stringContaining("'work_pool_name': 'clients-pool'"),
      "deployment run": expect.stringContaining("(in "),
      "work-pool preview": expect.stringContaining(text(deployment.id)),
      "work-queue inspect": expect.stringMatching(/concurrency_limit=2.*priority=3.*PAUSED/s),
      "work-queue ls": expect.stringContaining("clients-queue"),
      "flow-run ls": expect.stringContaining(text(run.id)),
      "flow-run logs": expect.stringContaining("counting tuesday"),
      "gcl inspect": expect.stringContaining("limit=2"),
    });
    client.close();
  });
});

/** Runs `older.py` under a limit of one on its tag, one for its slot, and a rate: what it printed, and its flow run. */
async function runs(client: Client, caches: boolean): Promise<{ said: unknown; flowRun: string }> {
  await client.rest.post("/v2/concurrency_limits/", { name: "clients-limit", limit: 1 });
  await client.rest.post("/v2/concurrency_limits/", { name: "clients-rate", limit: 1, slot_decay_per_second: 4 });
  await client.rest.post("/concurrency_limits/", { tag: "clients-tag", concurrency_limit: 1 });
  const finished = await client.python("older.py", caches ? ["cache"] : []);
  const [flowRun] = list(await client.rest.post("/flow_runs/filter", { flows: { name: { any_: ["clients-older"] } } }));
  return { said: printed(finished), flowRun: text(flowRun?.id) };
}

function taskRuns({ rest }: Client, id: string): Promise<JsonObject[]> {
  return rest.all("/task_runs/filter", { task_runs: { flow_run_id: { any_: [id] } } });
}

function printed({ code, stdout, stderr }: Finished): unknown {
  if (code !== 0) throw new Error(`older.py ended with ${code}:\n${stdout}\n${stderr}`);
  return parse(stdout.trim().split("\n").at(-1) ?? "");
}

/** The names of the events of the last hour that are of a resource. */
async function eventsOf({ rest }: Client, resource: string): Promise<string[]> {
  const hoursAway = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const occurred = { since: hoursAway(-1), until: hoursAway(1) };
  const found = object(await rest.post("/events/filter", { filter: { occurred, any_resource: [{ id: [resource] }] } }));
  return list(found.events).map(({ event }) => text(event));
}
