import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { type Json, type JsonObject, list, object, text } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { findRun, flowRuns, statesOf } from "./observe/flow-runs.ts";

const FLOWS = ["asks", "pauses", "forgotten"];

/** What a resumption is answered, without ids and times. */
async function resume({ rest }: Client, run: JsonObject, run_input: Json = null) {
  const { status, state, details } = object(await rest.post(`/flow_runs/${text(run.id)}/resume`, { run_input }));
  return { status: status ?? null, state: state ? (object(state).name ?? null) : null, details: details ?? null };
}

/** Until a run that paused has told what it asks for: the client does that afterwards. */
function asked({ rest }: Client, run: JsonObject) {
  return until("the schema of what is asked for", async () => {
    const inputs = await rest.post(`/flow_runs/${text(run.id)}/input/filter`, { prefix: "", limit: 10 });
    return list(inputs).some((input) => text(input.key).endsWith("-schema"));
  });
}

/** A run asks, pauses twice by one key, is forgotten; another gives up its process and is taken up again, or is cancelled. */
async function play(client: Client) {
  const server = client.startPython("pauses.py", ["serve"]);
  const process = client.startPython("pauses.py", FLOWS);
  try {
    const paused = (flow: string, name = "Paused") => findRun(client, flow, (run) => run.state_name === name);
    const asks = await paused("clients-asks");
    await asked(client, asks);
    const answers = [
      await resume(client, asks, { count: "many" }),
      await resume(client, asks),
      await resume(client, asks, { count: 3 }),
      await resume(client, asks, { count: 4 }),
    ];
    answers.push(await resume(client, await paused("clients-pauses")));
    await until("the served flow", () => server.output().includes("being served and polling for scheduled runs"));
    await client.ok(["deployment", "run", "clients-suspended/here"]);
    const suspended = await paused("clients-suspended", "Suspended");
    await asked(client, suspended);
    answers.push(await resume(client, suspended, { count: 5 }));
    await findRun(client, "clients-suspended", ({ state_type }) => state_type === "COMPLETED");
    await client.ok(["deployment", "run", "clients-suspended/here"]);
    const dropped = await paused("clients-suspended", "Suspended");
    await client.ok(["flow-run", "cancel", text(dropped.id)]);
    const cancelled = await findRun(client, "clients-suspended", ({ state_type }) => state_type === "CANCELLED");
    const states = await statesOf(client.rest, "flow_run", text(cancelled.id));
    await client.rest.delete(`/flow_runs/${text(cancelled.id)}`);
    const ended = await process.ended;
    const runs = await flowRuns(client, {
      runs: { "clients-asks": 1, "clients-pauses": 1, "clients-forgotten": 1, "clients-suspended": 1 },
      withinMs: 90_000,
    });
    // Whether the server or the engine notices first that nobody resumed it is chance.
    const forgotten = object(runs["clients-forgotten #1"]).run;
    // The process that is suspended may end before its last lines are sent.
    const { logs: _, ...unlogged } = object(runs["clients-suspended #1"]);
    return {
      answers,
      ...runs,
      "clients-forgotten #1": text(object(object(forgotten).state).type),
      "clients-suspended #1": unlogged,
      "a suspended run, cancelled": states.map(({ name }) => text(name)).filter((name) => name !== "Late"),
      "how it ended": { code: ended.code },
    };
  } finally {
    await Promise.all([server.stop("SIGKILL"), process.stop("SIGKILL")]);
  }
}

comparedWithPeer({
  name: "pauses",
  play,
  sections: [
    "answers",
    "clients-asks #1",
    "clients-pauses #1",
    "clients-forgotten #1",
    "clients-suspended #1",
    "a suspended run, cancelled",
    "how it ended",
  ],
});
