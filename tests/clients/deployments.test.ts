import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { ownProject, startWorker } from "./harness/project.ts";
import { text } from "./harness/rest.ts";
import { deployment, deploymentStatus, workPool, workPoolStatus } from "./observe/deployments.ts";
import { findRun, flowRuns, scrubFor } from "./observe/flow-runs.ts";
import { plainLines } from "./observe/scrub.ts";

const POOL = "clients-pool";
const FLOWS = ["clients-report", "clients-doomed", "clients-sleeper"];

/** A pool, a project deployed to it twice, a worker, and runs: one good, one that kills itself, one cancelled on its way. */
async function play(client: Client) {
  const cwd = ownProject(client);
  const printed: Record<string, string> = {};
  printed["work-pool create"] = await client.ok(["work-pool", "create", POOL, "--type", "process", "--overwrite"]);
  const fresh = await workPool(client, POOL);
  printed.deploy = await client.ok(["--no-prompt", "deploy", "--all"], { cwd });
  printed["deploy again"] = await client.ok(["--no-prompt", "deploy", "--all"], { cwd });
  const deployments = {
    nightly: await deployment(client, "clients-report/nightly", 3),
    hourly: await deployment(client, "clients-report/hourly", 3),
    weekly: await deployment(client, "clients-report/weekly", 3),
    manual: await deployment(client, "clients-report/manual"),
    sleeper: await deployment(client, "clients-sleeper/sleeper"),
  };

  const worker = await startWorker(client, POOL);
  try {
    const status = [
      await workPoolStatus(client, POOL, "READY"),
      await deploymentStatus(client, "clients-report/manual", "READY"),
    ];
    const polled = await workPool(client, POOL);
    printed["deployment run"] = await client.ok(
      [
        "deployment",
        "run",
        "clients-report/manual",
        "--param",
        "day=sunday",
        "--param",
        "factor=2",
        "--tag",
        "by-hand",
      ],
      { cwd },
    );
    await client.ok(["deployment", "run", "clients-doomed/doomed", "--flow-run-name", "number-13"]);
    await client.ok(["deployment", "run", "clients-sleeper/sleeper"]);
    const sleeper = await findRun(client, "clients-sleeper", ({ state_type }) => state_type === "RUNNING");
    printed["flow-run cancel"] = await client.ok(["flow-run", "cancel", text(sleeper.id)]);
    const runs = await flowRuns(client, {
      runs: { "clients-report": 1, "clients-doomed": 1, "clients-sleeper": 1 },
      tasks: { "clients-report": 1 },
      dying: { "clients-doomed": "Crashed" },
    });
    const scrub = await scrubFor(client, FLOWS);
    return {
      "the new pool": fresh,
      "the polled pool": polled,
      "status while polled": status,
      ...deployments,
      ...runs,
      ...Object.fromEntries(Object.entries(printed).map(([command, said]) => [command, plainLines(said, scrub)])),
    };
  } finally {
    await worker.stop("SIGINT");
  }
}

comparedWithPeer({
  name: "deployments",
  play,
  sections: [
    "the new pool",
    "nightly",
    "hourly",
    "weekly",
    "manual",
    "sleeper",
    "the polled pool",
    "status while polled",
    "clients-report #1",
    "clients-doomed #1",
    "clients-sleeper #1",
    "work-pool create",
    "deploy",
    "deploy again",
    "deployment run",
    "flow-run cancel",
  ],
});
