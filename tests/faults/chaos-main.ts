/** `npm run chaos -- [--seed 7] [--runs 2000] [--kills 60]`: the long form of chaos.test.ts, for a person who waits. */
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    runs: { type: "string", default: "2000" },
    kills: { type: "string", default: "60" },
  },
});
const asked = {
  seed: Number(values.seed),
  runs: Number(values.runs),
  kills: Number(values.kills),
  withinMs: Number(values.runs) * 3_000,
};
console.log("chaos", asked);

const { broken, ...done } = await chaos(asked);
console.log(done);
for (const line of broken) console.log(line);
process.exitCode = broken.length === 0 ? 0 : 1;
