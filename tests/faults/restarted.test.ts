import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Client, readyClient } from "../clients/harness/client.ts";
import { newRoot } from "../clients/harness/paths.ts";
import { newPlace } from "../clients/harness/places.ts";
import type { Running } from "../clients/harness/processes.ts";
import { startWorker } from "../clients/harness/project.ts";
import { text } from "../clients/harness/rest.ts";
import { findRun } from "../clients/observe/flow-runs.ts";
import { ask, contradictions, kill9, until } from "./harness.ts";

const PROGRAM = fileURLToPath(new URL("restarted.py", import.meta.url));
const POOL = "p";

let weir: TestWeir;
let root: string;
/** All that was started; it goes whatever fails. */
const running: Running[] = [];
const clients: Client[] = [];

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl") });
  root = newRoot();
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop("SIGKILL")));
  for (const client of clients) client.close();
  await weir.stop();
  rmSync(root, { recursive: true, force: true });
});

/** What one client has under way. */
type Scene = {
  workspaceId: string;
  client: Client;
  notes: string;
  flows: Running;
  watch: Running;
  stream: Running;
};

/** A client of which everything waits for something: for a person, for a slot, for a worker. */
async function begin(mode: "cloud" | "server"): Promise<Scene> {
  const { place, tenant } = await newPlace(weir, mode, root);
  const client = await readyClient(place);
  clients.push(client);
  const notes = join(client.home, "notes");
  const project = join(client.home, "project");
  mkdirSync(project);
  cpSync(PROGRAM, join(project, "restarted.py"));
  client.env.NOTES = notes;
  const start = (one: Running) => {
    running.push(one);
    return one;
  };
  const python = (command: string) => start(client.startPython(PROGRAM, [command]));
  const stream = start(client.startPrefect(["events", "stream", "--format", "text"]));
  const [served, tasks] = [python("serve"), python("tasks")];
  await client.ok(["gcl", "create", "slots", "--limit", "2"]);
  start(await startWorker(client, POOL));
  for (const flow of ["suspends", "sleeps"]) {
    const deploy = ["--no-prompt", "deploy", `restarted.py:${flow}`, "--name", "d", "--pool", POOL];
    await client.ok(deploy, { cwd: project });
    await client.ok(["deployment", "run", `${flow}/d`]);
  }
  await says(served, "polling for scheduled runs");
  for (let run = 0; run < 3; run += 1) await client.ok(["deployment", "run", "queues/here"]);
  await says(tasks, "Subscribing to runs");
  const flows = python("flows");
  const paused = await findRun(client, "pauses", ({ state_name }) => state_name === "Paused", 90_000);
  const watch = start(client.startPrefect(["flow-run", "watch", text(paused.id)]));
  await findRun(client, "suspends", ({ state_name }) => state_name === "Suspended", 90_000);
  await findRun(client, "queues", ({ state_name }) => state_name === "AwaitingConcurrencySlot", 90_000);
  await until("all are at work", () => {
    const begun = lines(notes).filter((line) => line.endsWith("begins"));
    return ["slot", "slot", "task", "task", "queue", "sleeper"].every((what) => takeOne(begun, what));
  });
  await says(watch, "before the pauses");
  await says(stream, `prefect.flow-run.${text(paused.id)}`);
  return { workspaceId: tenant.workspaceId, client, notes, flows, watch, stream };
}

async function says(program: Running, words: string): Promise<void> {
  await until(words, () => program.output().includes(words)).catch((error) => {
    throw new Error(program.output(), { cause: error });
  });
}

/** What was noted so far. */
function lines(notes: string): string[] {
  return existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : [];
}

function takeOne(from: string[], what: string): boolean {
  const at = from.findIndex((line) => line.startsWith(`${what} `));
  return at >= 0 && from.splice(at, 1).length > 0;
}

/** Resumes the run of a flow that pauses. */
async function resume({ client }: Scene, flow: string): Promise<void> {
  const run = await findRun(client, flow, ({ state_type }) => state_type === "PAUSED");
  await client.rest.post(`/flow_runs/${text(run.id)}/resume`, {});
}

/** Who follows a run and was told to come back has heard everything of it, once. */
async function hearsOn(scene: Scene): Promise<void> {
  const { client, watch, stream } = scene;
  await resume(scene, "pauses");
  await says(watch, "between the pauses");
  const run = await findRun(client, "pauses", () => true);
  const told = (name: string) =>
    stream.output().split(`prefect.flow-run.${name} prefect.flow-run.${text(run.id)}`).length - 1;
  await until("the stream to tell of the second pause", () => told("Paused") > 1);
  expect(["Pending", "Running", "Paused"].map(told)).toEqual([1, 2, 2]);
  for (const when of ["before", "between"]) expect(watch.output().split(`${when} the pauses`)).toHaveLength(2);
}

test("with all that stock clients have under way the API is restarted, then killed: everything ends well, once, in both modes", async () => {
  const scenes = await Promise.all([begin("cloud"), begin("server")]);
  const each = (what: (scene: Scene) => Promise<unknown>) => Promise.all(scenes.map(what));
  weir.api.kill("SIGTERM");
  await until("the API to stop", () => weir.api.exitCode !== null, 20_000);
  await weir.restartApi();
  await each(hearsOn);
  for (const { notes } of scenes) writeFileSync(`${notes}.go`, "");
  await each(({ notes }) =>
    until("slots to pass on", () => lines(notes).filter((line) => /^slot . b/.test(line)).length > 2),
  );
  await each(async (scene) => {
    const run = await findRun(scene.client, "sleeps", ({ state_type }) => state_type === "RUNNING");
    await scene.client.ok(["flow-run", "cancel", text(run.id)]);
    await resume(scene, "suspends");
  });
  await kill9(weir.api);
  await weir.restartApi();
  await each((scene) => resume(scene, "pauses"));
  await each(endsWell);
}, 300_000);

async function endsWell({ workspaceId, notes, flows }: Scene): Promise<void> {
  const rows = <R extends Record<string, unknown>>(query: string) => ask<R>(weir.databaseUrl, query, [workspaceId]);
  const runs = () =>
    rows<{ id: string; flow: string; state: string }>(
      `select r.id, f.name as flow, r.state_name as state from flow_run r
         join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id where r.workspace_id = $1 order by f.name`,
    );
  const ended = new Set(["Completed", "Cancelled", "Failed", "Crashed"]);
  await until("every run to end", async () => (await runs()).every(({ state }) => ended.has(state)), 120_000);
  expect((await runs()).map(({ flow, state }) => `${flow} ${state}`)).toEqual([
    "contends Completed",
    "pauses Completed",
    ...Array(3).fill("queues Completed"),
    "sleeps Cancelled",
    "suspends Completed",
  ]);
  const ids = (await runs()).map(({ id }) => id);
  expect(await contradictions({ ...weir, workspaceId }, ids, [])).toEqual([]);

  // Those who asked got their answer.
  const finished = await flows.ended;
  expect(finished, flows.output()).toMatchObject({ code: 0, stdout: expect.stringContaining("all is done") });
  expect(finished.stdout).toContain("results [0, 1, 2, 3, 4, 5]");

  // Each worked once, and no more at once than there was room for.
  expect(mostAtOnce(lines(notes))).toEqual({ slot: 2, task: 2, queue: 1, suspended: 1 });
  const work = (what: string, of: readonly unknown[]) =>
    of.flatMap((one) => [`${what} ${one} begins`, `${what} ${one} ends`]);
  const six = [0, 1, 2, 3, 4, 5];
  const queues = (await runs()).filter(({ flow }) => flow === "queues").map(({ id }) => id);
  expect(lines(notes).sort()).toEqual(
    [
      "sleeper begins",
      "suspended begins",
      "suspended ends",
      ...work("slot", six),
      ...work("task", six),
      ...work("queue", queues),
    ].sort(),
  );

  // Nothing is held, waits or is queued any more. A slot that was given as the API died is nobody's: its lease ends.
  await rows("update concurrency_slot set expires_at = now() where workspace_id = $1");
  const left = () =>
    rows<{ slots: number; active: number; waiting: number; tasks: number }>(
      `select (select count(*) from concurrency_slot where workspace_id = $1)::int as slots,
              (select sum(active_slots) from concurrency_limit where workspace_id = $1)::int as active,
              (select count(*) from dispatch where workspace_id = $1)::int as waiting,
              (select count(*) from queued_task where workspace_id = $1)::int as tasks`,
    );
  // A task worker tells of its last tasks again within half a minute of losing its socket.
  await until("nothing to be left", async () => Object.values((await left())[0] ?? {}).every((count) => count === 0));
}

/** How many of each kind were at work at most, by what they noted. */
function mostAtOnce(notes: readonly string[]): Record<string, number> {
  const now: Record<string, number> = {};
  const most: Record<string, number> = {};
  for (const [what = "", does] of notes.map((line) => [line.split(" ")[0], line.split(" ").at(-1)])) {
    if (what === "sleeper") continue;
    now[what] = (now[what] ?? 0) + (does === "begins" ? 1 : -1);
    most[what] = Math.max(most[what] ?? 0, now[what]);
  }
  return most;
}
