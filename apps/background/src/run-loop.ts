import type { Services } from "@weir/operations";

/** Something done again and again. */
export type Loop = {
  name: string;
  /** Pause between passes, in milliseconds. */
  intervalMs: number;
  /** One pass; true when more waits and the next should follow at once. */
  pass(services: Services): Promise<boolean>;
  /** Settles when what passes left under way is over; absent where they leave nothing. */
  rest?(): Promise<unknown>;
};

/** What a loop tells of itself; `error` is set for faults it goes on after. */
export type LoopLog = (entry: { loop: string; message: string; error?: unknown }) => void;

/** The longest pause after faults in a row, in milliseconds. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * Runs a loop until `signal` is aborted. A fault, such as a database that restarts, is told and the loop goes on, after
 * pauses that grow to ten seconds. Settles once the pass under way is over, and what passes left.
 */
export async function runLoop(services: Services, loop: Loop, signal: AbortSignal, log: LoopLog): Promise<void> {
  let faults = 0;
  // Copies that start together do not stay together.
  await pause(Math.random() * Math.min(loop.intervalMs, 1_000), signal);
  while (!signal.aborted) {
    let isMore = false;
    try {
      isMore = await loop.pass(services);
      if (faults > 0) log({ loop: loop.name, message: "goes on" });
      faults = 0;
    } catch (error) {
      faults += 1;
      log({ loop: loop.name, message: "a pass failed and will be tried again", error });
    }
    if (faults > 0) await pause(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** faults) * (0.5 + Math.random() / 2), signal);
    else if (!isMore) await pause(loop.intervalMs * (0.9 + Math.random() / 5), signal);
  }
  await loop.rest?.();
}

/** Waits, or returns at once when told to stop. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
