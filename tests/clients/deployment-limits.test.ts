import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { type JsonObject, list, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";

const ENDED = new Set(["COMPLETED", "CANCELLED", "FAILED", "CRASHED"]);

/** Two runs of a deployment that one at a time may be of: what each went through, in the words of its states. */
async function twoRuns(client: Client, strategy: "ENQUEUE" | "CANCEL_NEW"): Promise<string[]> {
  const server = client.startPython("limited.py", [strategy]);
  try {
    await until("the deployment to be served", () => server.output().includes("polling for scheduled runs"));
    const filter = { deployments: { name: { any_: [strategy] } } };
    for (let run = 0; run < 2; run += 1) await client.ok(["deployment", "run", `clients-limited/${strategy}`]);
    const runs = await until(
      "both runs to end",
      async () => {
        const rows = await client.rest.all("/flow_runs/filter", filter);
        return rows.length === 2 && rows.every(({ state_type }) => ENDED.has(text(state_type))) && rows;
      },
      120_000,
    );
    return (await Promise.all(runs.map((run) => wentThrough(client, run)))).sort();
  } finally {
    await server.stop("SIGKILL");
  }
}

async function wentThrough(client: Client, { id }: JsonObject): Promise<string> {
  const states = list(await client.rest.get(`/flow_run_states/?flow_run_id=${text(id)}`));
  const names = states
    .sort((one, other) => (text(one.timestamp) < text(other.timestamp) ? -1 : 1))
    .map((one) => text(one.name));
  // How often it asked in vain, and whether it was late, is a matter of time.
  return names.filter((name, at) => name !== "Late" && name !== names[at - 1]).join(" ");
}

comparedWithPeer({
  name: "deployment limits",
  async play(client) {
    return { ENQUEUE: await twoRuns(client, "ENQUEUE"), CANCEL_NEW: await twoRuns(client, "CANCEL_NEW") };
  },
  sections: ["ENQUEUE", "CANCEL_NEW"],
});
