import pg from "pg";
import { errnoOf, WeirInstanceError } from "./errors.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** Makes the database `name` on the server of `serverUrl` unless it is there, and returns its address. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** Throws, in one sentence, unless a PostgreSQL 15 or newer answers at `url`. The password is never shown. */
export async function checkDatabase(url: string): Promise<void> {
  const where = withoutPassword(url);
  let version: number;
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    await client.connect();
    const { rows } = await client.query("select current_setting('server_version_num')::int as version");
    version = rows[0].version;
    await client.end();
  } catch (cause) {
    const why = cause instanceof Error && cause.message ? cause.message : errnoOf(cause);
    throw new WeirInstanceError(
      "database-unreachable",
      `The database of DATABASE_URL (${where}) does not answer: ${why}. Start it, correct DATABASE_URL, or unset it to use Weir's own PostgreSQL.`,
      { cause },
    );
  }
  if (version < 150_000) {
    throw new WeirInstanceError(
      "postgres-version",
      `The database of DATABASE_URL (${where}) is PostgreSQL ${Math.floor(version / 10_000)}; Weir needs 15 or newer.`,
    );
  }
}

function withoutPassword(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return "not an address: postgresql://user:password@host:5432/name";
  }
}
