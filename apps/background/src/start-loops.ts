import type { Services, Submitter } from "@weir/operations";
import { retention } from "./retention/loop.ts";
import { type Loop, type LoopLog, runLoop } from "./run-loop.ts";
import { scheduler } from "./scheduler/loop.ts";
import { submitter } from "./submitter/loop.ts";
import { submitters } from "./submitter/submitters.ts";
import { watchdog } from "./watchdog/loop.ts";

/** Loops that run. `stop` settles when the passes under way are over. */
export type RunningLoops = { stop(): Promise<void> };

/** How loops run; by default at their own pace, telling faults on standard error, with the submitters that there are. */
export type LoopOptions = { log?: LoopLog; intervalMs?: number; submitters?: readonly Submitter[] };

/** The names of all loops. */
export const loopNames = ["scheduler", "submitter", "watchdog", "retention"] as const;

/**
 * Starts background loops: all, none, or those named. Any number of copies may run, in one process or many: what they
 * hand out is claimed, what they mark is marked once. Throws when a name is none of theirs.
 */
export function startLoops(
  services: Services,
  names: readonly string[] | "all" | "none",
  options: LoopOptions = {},
): RunningLoops {
  const chosen = names === "all" ? loopNames : names === "none" ? [] : names;
  const unknown = chosen.find((name) => !loopNames.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`There is no loop "${unknown}". There are: ${loopNames.join(", ")}.`);
  const all: Loop[] = [scheduler, ...submitter(options.submitters ?? submitters), ...watchdog(), retention];
  const stopping = new AbortController();
  const running = all
    .filter((loop) => chosen.includes(loop.name))
    .map((loop) => ({ ...loop, intervalMs: options.intervalMs ?? loop.intervalMs }))
    .map((loop) => runLoop(services, loop, stopping.signal, options.log ?? logToStderr));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** One JSON line for each thing that a loop tells. */
function logToStderr({ loop, message, error }: Parameters<LoopLog>[0]): void {
  const cause = error instanceof Error ? (error.stack ?? error.message) : error;
  process.stderr.write(
    `${JSON.stringify({ level: error === undefined ? "info" : "error", time: new Date().toISOString(), loop, message, error: cause })}\n`,
  );
}
