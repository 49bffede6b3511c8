import { cpus } from "node:os";
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

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** Where migrations are, for tests that apply them themselves. */
export const MIGRATIONS = `${REPOSITORY}prisma/migrations`;

let postgres: RunningPostgres | undefined;

/**
 * Starts one PostgreSQL for a whole test run, with a migrated template that `testDatabase` clones: a fresh database costs
 * about 50 ms. Commits are not synced to disk; the fault tests start a server of their own, which does.
 */
export async function setup(project: TestProject): Promise<void> {
  postgres = await startPostgres({
    dir: `${REPOSITORY}.cache/test-postgres`,
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: 100 + 50 * cpus().length,
    },
  });
  await asSuperuser(postgres.url, `drop database if exists ${TEMPLATE} with (force)`);
  await asSuperuser(postgres.url, `create database ${TEMPLATE}`);
  const url = withDatabase(postgres.url, TEMPLATE);
  await migrate(url, MIGRATIONS);
  await makePartitions(url);
  project.provide("postgresUrl", postgres.url);
}

/** Stops it. */
export async function teardown(): Promise<void> {
  await postgres?.stop();
}
