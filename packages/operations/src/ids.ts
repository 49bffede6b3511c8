import { randomFillSync } from "node:crypto";
import { type Micros, uuidv7 } from "@weir/contracts";

const pool = new Uint8Array(4096);
let used = pool.length;

/** A new version 7 UUID. */
export function newId(now: Micros): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 10;
  return uuidv7(now, pool.subarray(used - 10, used));
}

/** `count` new ids that rise: their last 32 bits count up, so rows of one call sort as they were given. */
export function risingIds(now: Micros, count: number): string[] {
  const base = newId(now);
  const stem = base.slice(0, 28);
  const start = Number.parseInt(base.slice(28), 16) >>> 1;
  return Array.from({ length: count }, (_, index) => stem + (start + index).toString(16).padStart(8, "0"));
}

/** At least `bytes` random bytes. */
export function randomBytes(bytes: number): Uint8Array {
  return randomFillSync(new Uint8Array(bytes));
}
