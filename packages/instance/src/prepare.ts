import { MigrationError, migrate } from "@weir/db";
import { bootstrapLocalInstance } from "@weir/operations";
import { type InstanceErrorCode, WeirInstanceError } from "./errors.ts";
import type { Prepared, PrepareJob } from "./prepare-in-child.ts";

const CODES = {
  unreachable: "database-unreachable",
  busy: "migration-failed",
  "not-ours": "migration-failed",
  "newer-schema": "newer-schema",
  "half-done": "migration-failed",
  changed: "migration-failed",
  failed: "migration-failed",
} as const satisfies Record<MigrationError["fault"], InstanceErrorCode>;

/**
 * Brings the database up to date and makes the local account, user, workspace and key unless they are there. It needs most
 * of Weir, so the supervisor, which stays, does this in a process that goes: a third of the memory that all of Weir may take.
 */
export async function prepareDatabase(job: PrepareJob, bootstrap = bootstrapLocalInstance): Promise<Prepared> {
  const applied = await migrateOrExplain(job.databaseUrl, job.migrations);
  const { accountId, workspaceId } = await bootstrap({ url: job.databaseUrl }, job.local);
  return { applied, accountId, workspaceId };
}

async function migrateOrExplain(url: string, dir: string): Promise<string[]> {
  try {
    return await migrate(url, dir);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    throw new WeirInstanceError(CODES[error.fault], error.message, { cause: error });
  }
}
