import { createRun } from "./create-run.ts";
import { eventsIn } from "./events-in.ts";
import { logs } from "./logs.ts";
import type { Benchmark } from "./promise.ts";
import { reads } from "./reads.ts";
import { runLife } from "./run-life.ts";
import { setState } from "./set-state.ts";
import { slots } from "./slots.ts";

/** Every promise that is measured, in the order of the table. */
export const benchmarks: readonly Benchmark[] = [setState, runLife, createRun, eventsIn, logs, slots, reads];
