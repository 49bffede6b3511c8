/** `npm run differential -- schedules [--count 2000] [--seed 7] [--patience 2]`: the long form, for a person who waits. */
import { parseArgs } from "node:util";
import { compareSchedules } from "./schedules.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    patience: { type: "string", default: "2" },
  },
});
if (positionals[0] !== "schedules") throw new Error('Say what to compare. There is: "schedules".');
const asked = { count: Number(values.count), seed: Number(values.seed), patience: Number(values.patience) };
console.log(`${asked.count} schedules of seed ${asked.seed}`);
const { same, kept, wrong } = await compareSchedules(asked);
for (const { case: one, ours } of wrong) console.log(JSON.stringify({ ...one, ours }));
console.log(`${same} agree, ${wrong.length} differ; on purpose:`, kept);
process.exitCode = wrong.length === 0 ? 0 : 1;
