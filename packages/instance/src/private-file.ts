import { renameSync, writeFileSync } from "node:fs";

/** Writes `value` as JSON to a file that only its owner may read. It is never seen half-written. */
export function writePrivately(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
