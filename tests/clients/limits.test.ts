import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { type Json, list, object, parse } from "./harness/rest.ts";
import { until } from "./harness/until.ts";
import { findRun } from "./observe/flow-runs.ts";
import { plainLines, scrubWith } from "./observe/scrub.ts";

const SHOWN = ["name", "limit", "active", "active_slots", "slot_decay_per_second"];

/** `prefect gcl` and `prefect concurrency-limit`, and a flow that takes the slots that they make. */
async function play(client: Client) {
  const printed: Record<string, string> = {};
  const say = async (args: string[], name = args.slice(0, 2).join(" ")) => {
    const { code, stdout, stderr } = await client.prefect(args);
    printed[name] = `exit ${code}\n${stdout}${stderr}`;
  };
  await say(["gcl", "create", "clients-limit", "--limit", "2"]);
  await say(["gcl", "create", "clients-limit", "--limit", "2"], "gcl create, taken");
  await say(["gcl", "create", "clients-rate", "--limit", "1", "--slot-decay-per-second", "3"], "gcl create, a rate");
  await say(["gcl", "update", "clients-rate", "--slot-decay-per-second", "2"]);
  await say(["gcl", "disable", "clients-rate"]);
  await say(["gcl", "enable", "clients-rate"]);
  await say(["gcl", "inspect", "clients-none"], "gcl inspect, unknown");
  await say(["concurrency-limit", "create", "clients-tag", "1"]);
  const lease = loseLease(client);
  lease.catch(() => undefined); // awaited below

  const { code, stdout, stderr } = await client.python("limits.py");
  if (code !== 0) throw new Error(`limits.py ended with ${code}:\n${stdout}\n${stderr}`);
  const told = parse(stdout.trim().split("\n").at(-1) ?? "");

  const left = list(await client.rest.post("/v2/concurrency_limits/filter", {}))
    // A rate's slots decay as we look.
    .filter(({ name }) => name !== "clients-rate")
    .map((one) => Object.fromEntries(SHOWN.map((member) => [member, one[member] ?? null])));
  await say(["concurrency-limit", "inspect", "clients-tag"]);
  await say(["concurrency-limit", "reset", "clients-tag"]);
  await say(["concurrency-limit", "delete", "clients-tag"]);
  await say(["concurrency-limit", "delete", "clients-tag"], "concurrency-limit delete, again");
  await client.rest.delete("/v2/concurrency_limits/clients-rate");
  const gone = list(await client.rest.post("/v2/concurrency_limits/filter", {}));
  return {
    "what was printed": Object.fromEntries(
      Object.entries(printed).map(([name, text]) => [name, plainLines(text, scrubWith())]),
    ),
    "what the flow says": told,
    "the limits": left,
    "a lease that is lost": await lease,
    "what is left": gone.map((one) => one.name ?? null),
  };
}

/** A flow holds a slot, strictly, whose limit is deleted under it: it finds out when it renews its lease. */
async function loseLease(client: Client): Promise<Json> {
  await client.ok(["gcl", "create", "clients-lease", "--limit", "1"]);
  const holder = client.startPython("limits.py", ["lease"]);
  try {
    await until("the flow to hold a slot", () => holder.output().includes("holds a slot"));
    await client.ok(["gcl", "delete", "clients-lease"]);
    const run = await findRun(client, "clients-loses-its-lease", ({ end_time }) => end_time !== null, 120_000);
    const { code } = await holder.ended;
    return { state: run.state_name ?? null, message: object(run.state).message ?? null, code };
  } finally {
    await holder.stop("SIGKILL");
  }
}

comparedWithPeer({
  name: "limits",
  play,
  sections: ["what was printed", "what the flow says", "the limits", "a lease that is lost", "what is left"],
});
