import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { errnoOf, WeirInstanceError } from "./errors.ts";
import { isAlive, startMarkOf } from "./processes.ts";

const Holder = z.object({ pid: z.number().int().positive(), started: z.string().optional() });

/** The process that holds a lock file. `started` tells it from a later process with the same id. */
export type LockHolder = z.infer<typeof Holder>;

/** Who holds the lock at `path` now; undefined when nobody who still runs does. */
export function lockHolder(path: string): LockHolder | undefined {
  const holder = readHolder(path);
  return holder && isRunning(holder) ? holder : undefined;
}

/**
 * Takes the lock at `path` for this process and returns how to give it back. A lock whose holder was killed is taken over.
 * Throws "already-running" when its holder runs.
 */
export function takeLock(path: string): () => void {
  const mine: LockHolder = { pid: process.pid, started: startMarkOf(process.pid) };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        linkSync(draft, path); // atomic, and the file is never seen half-written
        return () => releaseLock(path);
      } catch (error) {
        if (errnoOf(error) !== "EEXIST") throw error;
      }
      const holder = readHolder(path);
      if (holder && isRunning(holder)) throw alreadyRunning(holder.pid);
      setAside(path, holder);
    }
    throw new WeirInstanceError("already-running", `Several starts at once fight over ${path}. Try again.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The sentence for a second start. */
export function alreadyRunning(pid: number): WeirInstanceError {
  return new WeirInstanceError(
    "already-running",
    `Weir runs here already, as process ${pid}. Stop it with "npx weir server stop" or "kill ${pid}".`,
  );
}

function releaseLock(path: string): void {
  if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
}

/** Moves a dead holder's lock away. When another start was faster, what we moved is its lock: it is put back. */
function setAside(path: string, dead: LockHolder | undefined): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved && moved.pid !== dead?.pid && isRunning(moved)) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
  rmSync(aside, { force: true });
}

function isRunning({ pid, started }: LockHolder): boolean {
  return isAlive(pid) && (started === undefined || startMarkOf(pid) === started);
}

function readHolder(path: string): LockHolder | undefined {
  try {
    return Holder.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined; // not there, or not a lock of ours
  }
}
