import type { Micros } from "@weir/contracts";

/** What tells one log line from another. */
export type LineContent = {
  timestamp: Micros;
  flowRunId: string;
  taskRunId: string | null;
  level: number;
  name: string;
  message: string;
};

/**
 * The id of a log line: a version 7 UUID of its own time, its place in its batch and a hash of what it says. Clients send no
 * ids and send a batch again when its answer was lost: the same line at the same place is then known by its id. Lines of
 * one instant sort by their place. Two lines of a run that differ share an id once in 2^60.
 */
export function lineId(line: LineContent, place: number): string {
  const time = Math.floor(line.timestamp / 1000)
    .toString(16)
    .padStart(12, "0");
  const [high, low] = hash(
    `${line.timestamp} ${line.flowRunId} ${line.taskRunId} ${line.level} ${line.name} ${line.message}`,
  );
  const order = (place & 0xfff).toString(16).padStart(3, "0");
  const left = ((high & 0x3fffffff) | 0x80000000) >>> 0;
  const first = left.toString(16).padStart(8, "0");
  const last = (low >>> 0).toString(16).padStart(8, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${first.slice(0, 4)}-${first.slice(4)}${last}`;
}

/** Two 32-bit FNV-1a hashes with different primes: quick over short text, and nobody gains by a collision. */
function hash(text: string): [high: number, low: number] {
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b);
    low ^= low >>> 15;
  }
  return [high, low];
}
