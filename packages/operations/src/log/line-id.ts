import type { Micros } from "@weir/contracts";

/** Two hexadecimal numbers of 32 bits: what tells one batch of log lines from another. */
export type BatchDigest = { high: number; low: number };

/** The digest of a batch from a hexadecimal hash of its text; at least sixteen digits. */
export function batchDigest(hash: string): BatchDigest {
  return { high: Number.parseInt(hash.slice(0, 8), 16), low: Number.parseInt(hash.slice(8, 16), 16) };
}

/**
 * The id of a log line: a version 7 UUID of its own time, its place in its batch and the batch's digest. Clients send no ids
 * and send a batch again when its answer was lost: its lines are then known. Lines of one instant sort by their place.
 * The digest is one hash a batch: hashing each line cost as much as storing it.
 */
export function lineId(timestamp: Micros, place: number, { high, low }: BatchDigest): string {
  // Version 7 counts from 1970 in 48 bits: a line before that, or very far ahead, gets the nearest time it can tell.
  const millis = Math.min(Math.max(0, Math.floor(timestamp / 1000)), 2 ** 48 - 1);
  const time = millis.toString(16).padStart(12, "0");
  const order = (place & 0xfff).toString(16).padStart(3, "0");
  const first = (((high & 0x3fffffff) | 0x80000000) >>> 0).toString(16);
  // Places beyond the twelve bits above tell lines of one microsecond apart here.
  const last = ((low ^ (place >>> 12)) >>> 0).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${first.slice(0, 4)}-${first.slice(4)}${last}`;
}
