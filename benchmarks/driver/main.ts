/**
 * The load's own process: what it costs is printed beside what it measured. Told by its parent what to drive; says when it
 * is warm, waits for the word, and gives the result.
 */
import { once } from "node:events";
import { benchmarks } from "../benchmarks.ts";
import type { Target, Variant } from "../promise.ts";

/** What the parent asks for. */
export type Job = { benchmark: string; variant: Variant; target: Target };

const [job] = (await once(process, "message")) as [Job];
const benchmark = benchmarks.find(({ name }) => name === job.benchmark);
if (!benchmark) throw new Error(`no benchmark is called ${job.benchmark}`);
const result = await benchmark.drive(job.target, job.variant, async () => {
  process.send?.({ warm: true });
  await once(process, "message");
});
process.send?.({ result });
process.disconnect();
