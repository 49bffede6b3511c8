import { join } from "node:path";
import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { type JsonObject, list, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";

/** The ids that a command queued. */
async function queued(client: Client, args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await client.python("background.py", args);
  if (code !== 0) throw new Error(stdout + stderr);
  return (/^queued (.*)$/m.exec(stdout)?.[1] ?? "").split(" ");
}

async function aWorker(client: Client, limit = 10) {
  const worker = client.startPython("background.py", ["serve", String(limit)]);
  await until("the task worker to subscribe", () => worker.output().includes("Subscribing to runs of task(s)"));
  return worker;
}

function taskRuns({ rest }: Client, ids: string[]): Promise<JsonObject[]> {
  return rest.all("/task_runs/filter", { task_runs: { id: { any_: ids } } });
}

async function states({ rest }: Client, id: string): Promise<string[]> {
  return list(await rest.get(`/task_run_states/?task_run_id=${id}`)).map((state) => text((state as JsonObject).name));
}

/** Tasks queued before anybody serves them, two workers, a retry, and who is told to be there. */
async function play(client: Client) {
  const early = await queued(client, ["delay", "3"]);
  const [first, second] = [await aWorker(client), await aWorker(client)];
  try {
    const results = await client.python("background.py", ["wait", ...early]);
    const flicker = await client.python("background.py", ["flicker", join(client.home, "flicker")]);
    const workers = await client.rest.post("/task_workers/filter", {});
    const many = await queued(client, ["delay", "20"]);
    const rows = await until("twenty tasks to complete", async () => {
      const found = await taskRuns(client, many);
      return found.length === 20 && found.every(({ state_type }) => state_type === "COMPLETED") && found;
    });
    return {
      results: results.stdout.split("\n").filter((line) => line.startsWith("results")),
      flicker: flicker.stdout.split("\n").filter((line) => line.startsWith("result")),
      workers: list(workers).length,
      states: await states(client, early[0] ?? ""),
      tasks: rows.map(({ run_count, flow_run_id }) => ({
        run_count: run_count ?? null,
        flow_run_id: flow_run_id ?? null,
      })),
    };
  } finally {
    await Promise.all([first.stop("SIGKILL"), second.stop("SIGKILL")]);
  }
}

comparedWithPeer({ name: "background", play, sections: ["results", "flicker", "workers", "states", "tasks"] });
