import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { WeirInstanceError } from "./errors.ts";
import { copyPostgres, findPostgres, type PostgresBinaries } from "./postgres-binaries.ts";

/** Whom the server runs as. Empty: as whoever runs Weir. */
export type RunAs = { uid?: number; gid?: number };

/** Where a private PostgreSQL lives: its programs, its folder and its user. */
export type PostgresHome = { binaries: PostgresBinaries; dir: string; data: string; runAs: RunAs };

/** Where root keeps a database whose own folder PostgreSQL's user could not enter. */
const SYSTEM_DIR = "/var/lib/weir";

/**
 * Settles where the database of `wanted` lives and makes that folder. PostgreSQL refuses to run as root, so root hands it
 * to `postgres` or `nobody`. That user must be able to enter the folders: below a private one, such as /root, the programs
 * are copied and the data kept under /var/lib/weir instead.
 */
export function postgresHome(wanted: string): PostgresHome {
  const runAs = unprivilegedUser();
  let binaries = findPostgres();
  let dir = wanted;
  if (runAs.uid !== undefined) {
    if (!isOpenToAll(binaries.native)) {
      binaries = copyPostgres(binaries, join(SYSTEM_DIR, `postgresql-${binaries.version}`));
    }
    if (!isOpenToAll(dirname(wanted))) {
      dir = join(SYSTEM_DIR, createHash("sha256").update(wanted).digest("hex").slice(0, 16));
    }
  }
  makePrivate(dir, runAs);
  return { binaries, dir, data: join(dir, "data"), runAs };
}

/** Gives a path to the server's user, and to nobody else. */
export function handOver(path: string, runAs: RunAs): void {
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
}

function makePrivate(dir: string, runAs: RunAs): void {
  mkdirSync(dirname(dir), { recursive: true, mode: 0o755 });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  handOver(dir, runAs);
}

/** Whether every folder down to this one may be entered by anyone. The last may be still to be made. */
function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function unprivilegedUser(): RunAs {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", name), gid: idOf("-g", name) };
    } catch {
      // No such user here: try the next.
    }
  }
  throw new WeirInstanceError(
    "no-permission",
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody". Start Weir as an ordinary user, or set DATABASE_URL.',
  );
}

function idOf(kind: "-u" | "-g", name: string): number {
  return Number(execFileSync("id", [kind, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}
