import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

/** What kept a database from being brought up to date. */
export type MigrationFault = "unreachable" | "busy" | "not-ours" | "newer-schema" | "half-done" | "changed" | "failed";

/** Why the database is not up to date, in a sentence for whoever runs it: what is wrong and what to do. */
export class MigrationError extends Error {
  readonly fault: MigrationFault;

  constructor(fault: MigrationFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "MigrationError";
    this.fault = fault;
  }
}

type Migration = { name: string; sql: string; checksum: string };
type Applied = { migration_name: string; checksum: string; finished_at: Date | null };

/** Prisma Migrate takes the same lock, so that its command line and ours wait for each other. */
const LOCK = 72_707_369;
const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 60_000;

/** Exactly Prisma's table: `prisma migrate status|deploy` read and write it too. */
const TABLE = `create table if not exists _prisma_migrations (
  id varchar(36) primary key,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

/**
 * Applies the migrations of `dir` (a folder each, with a `migration.sql`) that the database at `url` lacks, in the order of
 * their names, and returns the names applied: none when it is up to date. Of several callers at once one does the work and
 * the others find it done. Each file is one implicit transaction. Throws MigrationError, before changing anything unless
 * the fault is "failed".
 */
export async function migrate(url: string, dir: string): Promise<string[]> {
  const known = await readMigrations(dir);
  const client = await connect(url);
  try {
    await takeLock(client);
    const missing = missingFrom(known, await readApplied(client));
    for (const migration of missing) await apply(client, migration);
    return missing.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    await client.connect();
    return client;
  } catch (cause) {
    const why = cause instanceof Error && cause.message !== "" ? cause.message : "no connection";
    throw new MigrationError(
      "unreachable",
      `The database does not answer: ${why}. Start it, or correct DATABASE_URL.`,
      {
        cause,
      },
    );
  }
}

/** Asks again and again: a session that waits inside PostgreSQL would hold up an index built concurrently by the other. */
async function takeLock(client: pg.Client): Promise<void> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [LOCK]);
    if (rows[0]?.taken) return;
    await delay(100);
  }
  throw new MigrationError(
    "busy",
    "Another process has been migrating this database for a minute. Wait for it and start again.",
  );
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(dir, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/** What was applied before and not rolled back. Makes the table in a database that is empty; refuses one that is not ours. */
async function readApplied(client: pg.Client): Promise<Applied[]> {
  const { rows: there } = await client.query("select 1 where to_regclass('_prisma_migrations') is not null");
  if (there.length === 0) {
    const { rows } = await client.query(
      "select table_name from information_schema.tables where table_schema = 'public'",
    );
    if (rows.length > 0) {
      throw new MigrationError(
        "not-ours",
        `The database is not empty (table "${rows[0].table_name}") and was not made by Weir. Give Weir a database of its own.`,
      );
    }
    await client.query(TABLE);
  }
  const { rows } = await client.query<Applied>(
    "select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null order by started_at",
  );
  return rows;
}

function missingFrom(known: Migration[], applied: Applied[]): Migration[] {
  for (const row of applied) {
    const name = row.migration_name;
    const ours = known.find((migration) => migration.name === name);
    if (!ours) {
      throw new MigrationError(
        "newer-schema",
        `The database has a newer schema than this code: its migration "${name}" is not known here. Update Weir to the version that last used this database.`,
      );
    }
    if (row.finished_at === null) {
      throw new MigrationError(
        "half-done",
        `Migration "${name}" failed half-way earlier. Put right what it complains of (column "logs" of _prisma_migrations), run "npx prisma migrate resolve --rolled-back ${name}", and start again.`,
      );
    }
    if (row.checksum !== ours.checksum) {
      throw new MigrationError(
        "changed",
        `Migration "${name}" was changed after this database had applied it. Restore the file as it was and add a new migration instead.`,
      );
    }
  }
  const names = new Set(applied.map((row) => row.migration_name));
  return known.filter((migration) => !names.has(migration.name));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  await client.query("insert into _prisma_migrations (id, checksum, migration_name) values ($1, $2, $3)", [
    id,
    checksum,
    name,
  ]);
  try {
    await client.query(sql);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    await client.query("update _prisma_migrations set logs = $2 where id = $1", [id, why]);
    throw new MigrationError("failed", `Migration "${name}" failed: ${why}.`, { cause });
  }
  await client.query("update _prisma_migrations set finished_at = now(), applied_steps_count = 1 where id = $1", [id]);
}
