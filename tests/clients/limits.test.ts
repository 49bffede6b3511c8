import { comparedWithPeer } from "./compare/group.ts";
import type { Client } from "./harness/client.ts";
import { list, parse } from "./harness/rest.ts";
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
    "what is left": gone.map((one) => one.name ?? null),
  };
}

comparedWithPeer({
  name: "limits",
  play,
  sections: ["what was printed", "what the flow says", "the limits", "what is left"],
});
