import { describe, expect, test } from "vitest";
import type { Client } from "./harness/client.ts";
import { olderClient, PATIENCE_MS, RELEASES_BY_MODE, stateNames } from "./harness/older.ts";
import { scenariosDir } from "./harness/paths.ts";
import { weirModes } from "./harness/places.ts";
import { type Json, type JsonObject, list, object, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { findRun } from "./observe/flow-runs.ts";

/** Flows are found below the folder in which they are served; nothing is left there. */
const IN_SCENARIOS = { cwd: scenariosDir, env: { PYTHONDONTWRITEBYTECODE: "1" } };

/** Each release in one mode, for this starts nine Pythons. */
const ONE_MODE_EACH = RELEASES_BY_MODE.filter(({ release, mode }) => mode === (release === "2" ? "cloud" : "server"));

describe.skipIf(weirModes.includes("peer")).concurrent.each(ONE_MODE_EACH)(
  "a client of $version in $mode mode",
  ({ release, mode }) => {
    test("pauses for input; what it serves is suspended, resumed and cancelled", { timeout: PATIENCE_MS }, async () => {
      const client = await olderClient(release, mode);
      const server = client.startPython("older_served.py", [], IN_SCENARIOS);
      const process = client.startPython("pauses.py", ["asks"]);
      try {
        const asks = await asking(client, "clients-asks", "Paused");
        expect(await resume(client, asks, { count: "many" })).toBe("REJECT");
        expect(await resume(client, asks, { count: 3 })).toBe("ACCEPT");
        expect((await process.ended).stdout).toContain("all scenarios done");
        expect(await stateNames(client, "flow", asks)).toEqual([
          "Pending",
          "Running",
          "Paused",
          "Running",
          "Completed",
        ]);

        await until("the flows to be served", () => server.output().includes("polling for scheduled runs"), 90_000);
        await client.ok(["deployment", "run", "clients-suspended/here"]);
        await client.ok(["deployment", "run", "clients-served/here", "--param", "seconds=300"]);
        const suspended = await asking(client, "clients-suspended", "Suspended");
        expect(await resume(client, suspended, { count: 5 })).toBe("ACCEPT");
        await inState(client, "clients-suspended", "Completed");
        const went = ["Scheduled", "Pending", "Running", "Suspended", "Resuming", "Pending", "Running", "Completed"];
        expect(await stateNames(client, "flow", suspended)).toEqual(went);
        expect(await client.ok(["flow-run", "logs", suspended])).toContain("came back for 5");

        const served = await inState(client, "clients-served", "Running");
        await client.ok(["flow-run", "cancel", served]);
        await inState(client, "clients-served", "Cancelled");
      } finally {
        await Promise.all([server.stop("SIGKILL"), process.stop("SIGKILL")]);
        client.close();
      }
    });
  },
);

describe.skipIf(!weirModes.includes("cloud")).concurrent("what only one release has", () => {
  test("agents of 2.20 take runs of queues, of tags and of pools of theirs, and cancel them", {
    timeout: PATIENCE_MS,
  }, async () => {
    const client = await olderClient("2", "cloud");
    const agent = (...of: string[]) => client.startPrefect(["agent", "start", ...of], { env: QUICK_AGENT });
    await client.ok(["work-pool", "create", "clients-agents", "--type", "prefect-agent"]);
    const byQueue = await deploy(client, { name: "by queue", work_queue_name: "clients-queue" });
    const byPool = await deploy(client, { name: "by pool", work_pool_name: "clients-agents" });
    await client.ok(["work-queue", "create", "clients-tagged", "--tag", "clients-tag"]);
    const byTag = await deploy(client, { name: "by tag", tags: ["clients-tag"] });
    const agents = [agent("--match", "clients-"), agent("--pool", "clients-agents")];
    try {
      const ends = async (id: string, name: string) =>
        until(`${id} to be ${name}`, () => isIn(client, id, name), 90_000);
      const [tagged, pooled] = [await run(client, byTag, 0), await run(client, byPool, 0)];
      await ends(tagged, "Completed");
      await ends(pooled, "Completed");
      const long = await run(client, byQueue, 300);
      await ends(long, "Running");
      await client.ok(["flow-run", "cancel", long]);
      await ends(long, "Cancelled");
      const went = ["Scheduled", "Pending", "Running", "Cancelling", "Cancelled"];
      expect(await stateNames(client, "flow", long)).toEqual(went);
    } finally {
      await Promise.all(agents.map((one) => one.stop("SIGKILL")));
      client.close();
    }
  });

  test("tasks that 3.4 puts off run on its task workers", { timeout: PATIENCE_MS }, async () => {
    const client = await olderClient("3.4", "cloud");
    const worker = client.startPython("background.py", ["serve", "10"]);
    try {
      const { stdout } = await client.python("background.py", ["delay", "3"]);
      const ids = (/^queued (.*)$/m.exec(stdout)?.[1] ?? "").split(" ");
      const waited = await client.python("background.py", ["wait", ...ids]);
      expect(waited.stdout).toContain("results 1 2 3");
    } finally {
      await worker.stop("SIGKILL");
      client.close();
    }
  });
});

/** An agent looks for work, and for what was cancelled, every ten and twenty seconds by default. */
const QUICK_AGENT = { PREFECT_AGENT_QUERY_INTERVAL: "1" };

/** A deployment as agents know them: code in a folder, no pull steps. */
async function deploy({ rest }: Client, more: Record<string, Json>): Promise<string> {
  const flow = object(await rest.post("/flows/", { name: "clients-served" }));
  const body = { flow_id: text(flow.id), path: scenariosDir, entrypoint: "served.py:served", ...more };
  return text(object(await rest.post("/deployments/", body)).id);
}

async function run({ rest }: Client, deployment: string, seconds: number): Promise<string> {
  return text(object(await rest.post(`/deployments/${deployment}/create_flow_run`, { parameters: { seconds } })).id);
}

async function isIn({ rest }: Client, id: string, name: string): Promise<boolean> {
  return object(await rest.get(`/flow_runs/${id}`)).state_name === name;
}

/** The run of a flow, once it is in a state. */
async function inState(client: Client, flow: string, name: string): Promise<string> {
  const { id } = await findRun(client, flow, (one: JsonObject) => one.state_name === name, 120_000);
  return text(id);
}

/** The run of a flow that waits in a state, once it has told what it asks for: clients do that afterwards. */
async function asking(client: Client, flow: string, name: string): Promise<string> {
  const id = await inState(client, flow, name);
  await until("the schema of what is asked for", async () => {
    const inputs = list(await client.rest.post(`/flow_runs/${id}/input/filter`, { prefix: "", limit: 10 }));
    return inputs.some(({ key }) => text(key).endsWith("-schema"));
  });
  return id;
}

async function resume({ rest }: Client, id: string, run_input: Json): Promise<string> {
  return text(object(await rest.post(`/flow_runs/${id}/resume`, { run_input })).status);
}
