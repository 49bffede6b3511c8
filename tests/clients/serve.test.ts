import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { object, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { deployment, deploymentStatus } from "./observe/deployments.ts";
import { findRun, flowRuns } from "./observe/flow-runs.ts";

const NAME = "clients-served/here";

/** A process that serves its own flow: one run goes through, one is cancelled while it runs, then the process is stopped. */
async function play(client: Client) {
  const server = client.startPython("served.py");
  try {
    await until("the deployment to be served", () =>
      server.output().includes("being served and polling for scheduled runs"),
    );
    const served = await deployment(client, NAME);
    await client.ok(["deployment", "run", NAME, "--param", "name=Ada"]);
    await findRun(client, "clients-served", ({ state_type }) => state_type === "COMPLETED");
    await client.ok(["deployment", "run", NAME, "--param", "seconds=300"]);
    const long = await findRun(client, "clients-served", ({ state_type }) => state_type === "RUNNING");
    await client.ok(["flow-run", "cancel", text(long.id)]);
    const runs = await flowRuns(client, { runs: { "clients-served": 2 } });
    const status = await deploymentStatus(client, NAME, "READY");
    // The client's own fault, on either server: a SIGTERM while it still ends a run keeps it from pausing its deployments.
    await until("the process to be done with the run", () => server.output().includes("Cancelled flow run"));
    const { code } = await server.stop("SIGTERM");
    const paused = await until("the deployment to be paused", async () => {
      const row = object(await client.rest.get(`/deployments/name/${NAME}`));
      return row.paused === true && row.paused;
    });
    return { "the deployment": served, ...runs, "how it ended": { code, paused, status } };
  } finally {
    await server.stop("SIGKILL");
  }
}

comparedWithPeer({
  name: "serve",
  play,
  sections: ["the deployment", "clients-served #1", "clients-served #2", "how it ended"],
});
