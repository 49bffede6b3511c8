import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "@weir/db";
import { type RunningPostgres, startPostgres } from "@weir/instance";
import type { TestProject } from "vitest/node";
import { asSuperuser, makePartitions, TEMPLATE, withDatabase } from "./database.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Superuser's address of the one PostgreSQL that a test run shares. */
    postgresUrl: string;
  }
}

const MIGRATIONS = fileURLToPath(new URL("../../../prisma/migrations", import.meta.url));
const HOMES = join(tmpdir(), "weir-test-postgres");

const running: { postgres: RunningPostgres; dir: string }[] = [];

/**
 * Starts one PostgreSQL for a test run, with a migrated template that `testDatabase` clones: a fresh database costs about
 * 50 ms. Commits are not synced to disk: a test that cares kills the API or PostgreSQL's processes, not the machine.
 */
export async function setup(project: Pick<TestProject, "name" | "provide">): Promise<void> {
  clearOrphans();
  const dir = join(HOMES, `${process.pid}-${project.name || "tests"}`);
  mkdirSync(dir, { recursive: true });
  const postgres = await startPostgres({
    dir,
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: 100 + 50 * cpus().length,
    },
  });
  running.push({ postgres, dir });
  await asSuperuser(postgres.url, `create database ${TEMPLATE}`);
  const url = withDatabase(postgres.url, TEMPLATE);
  await migrate(url, MIGRATIONS);
  await makePartitions(url);
  project.provide("postgresUrl", postgres.url);
}

/** Stops it and removes its folder. */
export async function teardown(): Promise<void> {
  for (const { postgres, dir } of running.splice(0)) {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Ends what runs that were killed have left: their PostgreSQL outlives them. */
function clearOrphans(): void {
  if (!existsSync(HOMES)) return;
  for (const name of readdirSync(HOMES)) {
    const owner = Number(name.split("-")[0]);
    if (isAlive(owner)) continue;
    try {
      const pid = Number(readFileSync(join(HOMES, name, "data", "postmaster.pid"), "utf8").split("\n")[0]);
      if (isAlive(pid)) process.kill(pid, "SIGQUIT");
    } catch {
      // It had stopped by itself.
    }
    rmSync(join(HOMES, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
