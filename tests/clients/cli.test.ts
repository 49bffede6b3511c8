import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { ownProject } from "./harness/project.ts";
import { type Json, list, object, parse, text } from "./harness/rest.ts";
import { findRun, flowRuns, scrubFor } from "./observe/flow-runs.ts";
import { plainLines, scrubAll } from "./observe/scrub.ts";

const POOL = "clients-pool";
const FLOWS = ["clients-etl", "clients-returns-failed", "clients-returns-named", "clients-sleeper"];

/** What `prefect …` prints about runs, deployments and pools, and what it does to them. No worker is needed. */
async function play(client: Client) {
  const cwd = ownProject(client);
  const printed: Record<string, string> = {};
  const shown: Record<string, Json> = {};
  const show = async (args: string[]) => {
    shown[args.slice(0, 2).join(" ")] = parse(await client.ok([...args, "--output", "json"], { cwd }));
  };
  const say = async (args: string[], name = args.slice(0, 2).join(" ")) => {
    const { code, stdout, stderr } = await client.prefect(args, { cwd });
    printed[name] = `exit ${code}\n${stdout}${stderr}`;
  };
  await client.python("flows.py", ["etl", "returns"]);
  await flowRuns(client, { runs: { "clients-etl": 2, "clients-returns-named": 1 }, tasks: { "clients-etl": 6 } });
  const etl = text((await findRun(client, "clients-etl", () => true)).id);

  await say(["flow-run", "ls"]);
  await say(
    ["flow-run", "ls", "--state-type", "FAILED", "--flow-name", "clients-returns-failed"],
    "flow-run ls, failed only",
  );
  await show(["flow-run", "inspect", etl]);
  await say(["flow-run", "logs", etl]);
  await say(["flow-run", "logs", etl, "--head", "--num-logs", "2", "--reverse"], "flow-run logs, last two");
  await say(["flow-run", "inspect", "00000000-0000-4000-8000-000000000000"], "flow-run inspect, unknown");
  await say(["flow-run", "cancel", etl], "flow-run cancel, finished");
  await say(["task-run", "ls"]);
  await say(["flow", "ls"]);
  await say(["variable", "ls"]);
  await say(["artifact", "ls"]);

  await say(["work-pool", "create", POOL, "--type", "process"]);
  await say(["work-pool", "create", POOL, "--type", "process"], "work-pool create, taken");
  await say(["work-pool", "create", "other", "--type", "no-such-type"], "work-pool create, unknown type");
  await say(["work-pool", "ls"]);
  await show(["work-pool", "inspect", POOL]);
  await say(["--no-prompt", "deploy", "--name", "sleeper", "--name", "nightly"], "deploy by name");
  await say(["deployment", "ls"]);
  await show(["deployment", "inspect", "clients-report/nightly"]);
  await say(["deployment", "schedule", "ls", "clients-report/nightly"], "deployment schedule ls");
  await say(["deployment", "run", "clients-sleeper/sleeper", "--start-in", "2 hours", "--flow-run-name", "later-1"]);
  const later = await findRun(client, "clients-sleeper", ({ name }) => name === "later-1");
  await say(["flow-run", "cancel", text(later.id)]);
  const cancelled = object(await client.rest.get(`/flow_runs/${text(later.id)}`));
  await say(["flow-run", "delete", text(later.id)]);
  await say(["flow-run", "delete", text(later.id)], "flow-run delete, again");
  await say(["deployment", "run", "clients-sleeper/none"], "deployment run, unknown");
  await say(["--no-prompt", "deployment", "delete", "clients-report/nightly"], "deployment delete");
  await say(["--no-prompt", "work-pool", "delete", POOL], "work-pool delete");

  const scrub = await scrubFor(client, FLOWS);
  return {
    ...Object.fromEntries(Object.entries(printed).map(([command, said]) => [command, plainLines(said, scrub)])),
    ...Object.fromEntries(Object.entries(shown).map(([command, value]) => [command, scrubAll(steady(value), scrub)])),
    "deployment schedule ls": plainLines(printed["deployment schedule ls"] ?? "", scrub).sort(),
    "a scheduled run, cancelled": [text(cancelled.state_type), text(cancelled.state_name)],
  };
}

/** Without durations; schedules, which the peer keeps in no order, sorted. */
function steady(value: Json): Json {
  const { total_run_time: _1, estimated_run_time: _2, estimated_start_time_delta: _3, ...rest } = object(value);
  if (rest.schedules) rest.schedules = list(rest.schedules).sort((a, b) => text(a.slug).localeCompare(text(b.slug)));
  return rest;
}

comparedWithPeer({
  name: "cli",
  play,
  sections: [
    "flow-run ls",
    "flow-run ls, failed only",
    "flow-run inspect",
    "flow-run logs",
    "flow-run logs, last two",
    "flow-run inspect, unknown",
    "flow-run cancel, finished",
    "task-run ls",
    "flow ls",
    "variable ls",
    "artifact ls",
    "work-pool create",
    "work-pool create, taken",
    "work-pool create, unknown type",
    "work-pool ls",
    "work-pool inspect",
    "deploy by name",
    "deployment ls",
    "deployment inspect",
    "deployment schedule ls",
    "deployment run",
    "a scheduled run, cancelled",
    "flow-run cancel",
    "flow-run delete",
    "flow-run delete, again",
    "deployment run, unknown",
    "deployment delete",
    "work-pool delete",
  ],
});
