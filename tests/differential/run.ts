/**
 * `npm run differential -- schedules [--count 2000] [--seed 7] [--patience 2]`, `npm run differential -- transitions
 * [--count 5000] [--seed 7]`, `npm run differential -- filters [--count 2000] [--seed 7]`: the long form, for a person who waits.
 */
import { parseArgs } from "node:util";
import { testDatabase } from "@weir/testing";
import { setup, teardown } from "../../packages/testing/src/global-setup.ts";
import { compareFilters } from "./filters/compare.ts";
import { compareSchedules } from "./schedules.ts";
import { compareTransitions } from "./transitions.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    patience: { type: "string", default: "2" },
  },
});
const asked = { count: Number(values.count), seed: Number(values.seed), patience: Number(values.patience) };

async function schedules(): Promise<number> {
  console.log(`${asked.count} schedules of seed ${asked.seed}`);
  const { same, kept, wrong } = await compareSchedules(asked);
  for (const { case: one, ours } of wrong) console.log(JSON.stringify({ ...one, ours }));
  console.log(`${same} agree, ${wrong.length} differ; on purpose:`, kept);
  return wrong.length;
}

async function transitions(): Promise<number> {
  console.log(`${asked.count} sequences of proposals of seed ${asked.seed}`);
  let postgresUrl = "";
  await setup({ name: "differential", provide: (_, url) => (postgresUrl = String(url)) });
  try {
    const base = await testDatabase(postgresUrl);
    const { sequences, proposals, kept, wrong } = await compareTransitions(base, asked);
    for (const one of wrong) console.log(JSON.stringify(one));
    console.log(`${sequences} sequences, ${proposals} proposals, ${wrong.length} differ, ${kept} on purpose`);
    await base.drop();
    return wrong.length;
  } finally {
    await teardown();
  }
}

async function filters(): Promise<number> {
  console.log(`${asked.count} filters of seed ${asked.seed}`);
  let postgresUrl = "";
  await setup({ name: "differential", provide: (_, url) => (postgresUrl = String(url)) });
  try {
    const { same, wrong } = await compareFilters(postgresUrl, asked);
    for (const one of wrong) console.log(JSON.stringify(one));
    console.log(`${same} agree, ${wrong.length} differ`);
    return wrong.length;
  } finally {
    await teardown();
  }
}

const suites: Record<string, () => Promise<number>> = { schedules, transitions, filters };
const suite = suites[positionals[0] ?? ""];
if (!suite) throw new Error(`Say what to compare. There are: ${Object.keys(suites).join(", ")}.`);
process.exitCode = (await suite()) === 0 ? 0 : 1;
