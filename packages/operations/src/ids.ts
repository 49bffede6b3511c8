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

/** At least `bytes` random bytes. */
export function randomBytes(bytes: number): Uint8Array {
  return randomFillSync(new Uint8Array(bytes));
}
