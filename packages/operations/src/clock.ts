import type { Micros } from "@weir/contracts";
import { type Db, databaseNow } from "@weir/db";

/** One look at the database's clock, in microseconds: how far it was ahead of ours, give or take half of `took`. */
export type ClockReading = { ahead: number; took: number };

/** A clock that keeps itself right until it is stopped. `ready`: it was set, or the database could not be asked. */
export type DatabaseClock = { clock(): Micros; ready: Promise<void>; stop(): void };

const READ_EVERY_MS = 30_000;
const RETRY_AFTER_MS = 1_000;
const FIRST_READINGS = 3;
const KEPT_READINGS = 8;
/** Two machines' clocks part by less than this between readings, in microseconds. */
const DRIFT = 50_000;

/** Microseconds since the epoch from the machine's clock; rises within a process. */
export function systemClock(): () => Micros {
  return rising(() => Math.floor((performance.timeOrigin + performance.now()) * 1000));
}

/**
 * PostgreSQL's clock, as far as it can be known here: the machine's, put right by how far the two are apart. Processes that
 * share a database agree on the time, whatever their machines say. While the database cannot be asked it is the machine's.
 */
export function databaseClock(db: Db, machine: () => number = systemClock()): DatabaseClock {
  let readings: ClockReading[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const read = async (): Promise<boolean> => {
    const began = machine();
    const there = await databaseNow(db).catch(() => undefined);
    if (there === undefined) return false;
    const took = machine() - began;
    readings = withReading(readings, { ahead: there - began - took / 2, took });
    return true;
  };
  const readOn = async (): Promise<void> => {
    const isRead = await read();
    if (isStopped) return;
    timer = setTimeout(() => void readOn(), isRead ? READ_EVERY_MS : RETRY_AFTER_MS);
    timer.unref();
  };
  const begin = async (): Promise<void> => {
    for (let turn = 1; turn < FIRST_READINGS && (await read()); turn += 1);
    await readOn();
  };
  return {
    clock: rising(() => Math.floor(machine() + microsAhead(readings))),
    ready: begin(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** The readings that count once `next` is among them: those that it contradicts are of a clock that was set since. */
export function withReading(readings: readonly ClockReading[], next: ClockReading): ClockReading[] {
  const agreeing = readings.filter((one) => Math.abs(one.ahead - next.ahead) <= (one.took + next.took) / 2 + DRIFT);
  return [...(agreeing.length === readings.length ? readings : []), next].slice(-KEPT_READINGS);
}

/** How far the database's clock is ahead, by the reading that took least; 0 while there is none. */
function microsAhead(readings: readonly ClockReading[]): number {
  let best: ClockReading | undefined;
  for (const one of readings) if (!best || one.took < best.took) best = one;
  return best?.ahead ?? 0;
}

/** Set back, it stands nearly still until it has been caught up with: no two instants of a process are the same. */
function rising(read: () => number): () => Micros {
  let last = 0;
  return () => {
    const now = read();
    last = now > last ? now : last + 1;
    return last as Micros;
  };
}
