import { createContext, Script } from "node:vm";
import { WeirError } from "@weir/contracts";

/** No check of what users wrote may work longer: schemas, patterns and templates can be made to never end. */
const LIMIT_MS = 250;

/** What is told of work that was not done in time. It cost its account about as many calls as would have taken that long. */
export const tookTooLong = (message: string) => new WeirError("invalid", message, { cost: LIMIT_MS });

/**
 * How long it is waited for so much work, longer each time: a machine that is busy with other things may not let us work at
 * all for a while, and what is honest must not be refused for it.
 */
const PATIENCE_MS = [1, 2, 4, 8].map((times) => times * LIMIT_MS);

const room: { work: (() => unknown) | undefined } = { work: undefined };
const context = createContext(room);
const script = new Script("work()");

/**
 * Does `work`, which must be synchronous, bear repeating and not call this again, for 250 ms; `undefined` when it is not done
 * by then, having had the processor for most of that. On a busy machine it may have the processor for longer, but under three
 * seconds. The engine stops it wherever it is, in the middle of a regular expression too.
 * Costs a tenth of a millisecond. Throws `unavailable` when the machine gives us no time.
 */
export function withinTime<T>(work: () => T): { done: T } | undefined {
  for (const patience of PATIENCE_MS) {
    const began = process.cpuUsage();
    const outcome = attempt(work, patience);
    if (outcome) return outcome;
    const { user, system } = process.cpuUsage(began);
    // The watch stops a little early or late.
    if ((user + system) / 1000 >= LIMIT_MS * 0.8) return undefined;
  }
  throw new WeirError("unavailable", "The machine is too busy to check this now. Nothing was changed; try again.", {
    retryAfterSeconds: 1,
  });
}

function attempt<T>(work: () => T, patience: number): { done: T } | undefined {
  room.work = work;
  try {
    return { done: script.runInContext(context, { timeout: patience }) as T };
  } catch (error) {
    // Not `instanceof`: it may be the other room's kind of Error.
    if ((error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  } finally {
    room.work = undefined;
  }
}
