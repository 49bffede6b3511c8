/**
 * `npx tsx benchmarks/replicas.ts [--rounds 3] [--seconds 6] [--share 0.25] [--name NAME]`: transitions a second of one API
 * process and of two on one PostgreSQL. Each process runs only so much of the time as `--share` says, as if it had that part
 * of a core, so that it is the processes that limit the rate and not the cores of this machine; 1 lets them run free.
 */
import { parseArgs } from "node:util";
import { measure } from "./measure.ts";
import { median, saveText } from "./report.ts";
import { startCluster } from "./servers/postgres.ts";
import { type Server, settle } from "./servers/processes.ts";
import { prepareWeir, startWeir } from "./servers/weir.ts";
import { setState } from "./set-state.ts";

/** A process runs and is held still in turns of this many milliseconds together. */
const TURN_MS = 40;
const CONNECTIONS = 64;

const { values: asked } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "6" },
    share: { type: "string", default: "0.25" },
    name: { type: "string" },
  },
});
const share = Number(asked.share);
const seconds = Number(asked.seconds);
const cluster = await startCluster({ profile: false });
const sides: Awaited<ReturnType<typeof startWeir>>[] = [];
try {
  const workspace = await prepareWeir(await cluster.database("weir"));
  for (let copy = 0; copy < 2; copy += 1) sides.push(await startWeir(workspace));
  const rates: { one: number[]; two: number[] } = { one: [], two: [] };
  await together(2); // both have compiled what they run
  for (let round = 0; round < Number(asked.rounds); round += 1) {
    for (const copies of round % 2 === 0 ? [1, 2] : [2, 1]) {
      const rate = await together(copies);
      rates[copies === 1 ? "one" : "two"].push(rate);
      console.log(`${round + 1}/${asked.rounds}: ${copies} of them, ${rate.toFixed(0)} transitions a second`);
    }
  }
  const [one, two] = [median(rates.one), median(rates.two)];
  const how = share < 1 ? `each held to ${share} of a core` : "each as free as the machine lets it";
  const lines = [
    `One API process ${one.toFixed(0)}/s, two ${two.toFixed(0)}/s, ${how}: ${(two / one).toFixed(2)}× (medians of ${asked.rounds}).`,
  ];
  console.log(lines.join("\n"));
  if (asked.name) console.log(`Written to ${saveText(asked.name, "One API process and two", lines)}`);
} finally {
  for (const { server } of sides) await server.stop();
  await cluster.stop();
}

/** Transitions a second of so many processes, driven at once, with the same number of connections in all. */
async function together(copies: number): Promise<number> {
  await settle([...sides.map(({ server }) => server.pid), cluster.pid]);
  const variant = { label: "", connections: CONNECTIONS / copies, seconds, on: [] };
  const driven = sides.slice(0, copies);
  const letGo = driven.map(({ server }, index) => hold(server, (index * TURN_MS) / copies));
  try {
    const results = await Promise.all(
      driven.map(({ server, target }) =>
        measure({ benchmark: setState.name, variant, target }, { server: server.pid, postgres: cluster.pid }),
      ),
    );
    return results.reduce((sum, { perSecond }) => sum + perSecond, 0);
  } finally {
    for (const release of letGo) release();
  }
}

/** Lets a process run only its share of each turn; gives the end of that. */
function hold(server: Server, delayMs: number): () => void {
  if (share >= 1) return () => undefined;
  let timer = setTimeout(rest, delayMs);
  function rest() {
    server.freeze();
    timer = setTimeout(go, TURN_MS * (1 - share));
  }
  function go() {
    server.thaw();
    timer = setTimeout(rest, TURN_MS * share);
  }
  return () => {
    clearTimeout(timer);
    server.thaw();
  };
}
