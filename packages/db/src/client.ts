import { PrismaPg } from "@prisma/adapter-pg";
import { JsonText, WeirError } from "@weir/contracts";
import pg from "pg";
import { PrismaClient } from "./generated/client.ts";
import { queryPrepared } from "./hot/prepared-query.ts";
import type { Sql } from "./sql.ts";

/** A row as PostgreSQL gives it: `json` as JsonText, `timestamptz` as ISO text with microseconds, `int8` as number. */
export type Row = Record<string, unknown>;

/** An open database. `query` serves reads and CRUD; `hot` has connections of its own, so lists never starve running work. */
export type Db = {
  prisma: PrismaClient;
  /**
   * Rows of one statement. `prepared` names one whose text never varies and that is asked often: it is planned once on each
   * of the hot connections. Elsewhere PostgreSQL would plan it for each asking, which costs a poll more than its run.
   */
  query<R extends Row = Row>(statement: Sql, prepared?: string): Promise<R[]>;
  /** Several statements in one transaction, on one connection; rolled back when `work` throws. */
  transaction<T>(
    work: (query: <R extends Row = Row>(statement: Sql, prepared?: string) => Promise<R[]>) => Promise<T>,
  ): Promise<T>;
  hot: pg.Pool;
  close(): Promise<void>;
};

/** Where and how to connect. Times in milliseconds. */
export type DbOptions = { url: string; connections?: number; hotConnections?: number; statementTimeoutMs?: number };

const JSON_OID = 114;
const TIMESTAMPTZ_OID = 1184;
const INT8_OID = 20;

const types = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === JSON_OID) return (text: string) => new JsonText(text);
    if (oid === TIMESTAMPTZ_OID) return isoFromPostgres;
    if (oid === INT8_OID) return Number;
    return pg.types.getTypeParser(oid, format as "text");
  },
} as pg.CustomTypesConfig;

/** `2026-11-24 14:00:00.5+00` → `2026-11-24T14:00:00.5Z`. Sessions run in UTC, so the offset is always `+00`. */
function isoFromPostgres(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
}

/** Opens pools on `url`; connects lazily, so a database that is down shows at the first statement. */
export function openDb({ url, connections = 8, hotConnections = 4, statementTimeoutMs = 10_000 }: DbOptions): Db {
  const base = { connectionString: url, types, application_name: "weir", connectionTimeoutMillis: 5_000 };
  const session = "-c timezone=UTC -c jit=off";
  const pool = new pg.Pool({
    ...base,
    max: connections,
    options: `${session} -c statement_timeout=${statementTimeoutMs}`,
  });
  const hot = new pg.Pool({
    ...base,
    max: hotConnections,
    options: `${session} -c plan_cache_mode=force_generic_plan -c statement_timeout=15000`,
  });
  // A connection that PostgreSQL closes (restart, kill) shows at its next statement: an idle one is replaced, a transaction
  // between two statements fails. Nobody else may hear of it, or the process ends.
  for (const one of [pool, hot]) {
    one.on("error", () => undefined);
    one.on("connect", (client) => client.on("error", () => undefined));
  }
  const prisma = translating(new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }) }));

  return {
    prisma,
    hot,
    query: (statement, prepared) => (prepared ? runPrepared(hot, statement, prepared) : run(pool, statement)),
    async transaction(work) {
      const client = await connect(pool);
      try {
        await client.query("begin");
        const result = await work((statement, prepared) => run(client, statement, prepared));
        await client.query("commit");
        client.release();
        return result;
      } catch (error) {
        // A connection that cannot roll back is thrown away with its transaction.
        await client.query("rollback").then(
          () => client.release(),
          () => client.release(true),
        );
        throw translate(error);
      }
    },
    async close() {
      await Promise.all([pool.end(), hot.end(), prisma.$disconnect()]);
    },
  };
}

/** The same client, whose faults are told as those of every other query. */
function translating(prisma: PrismaClient): PrismaClient {
  const extended = prisma.$extends({
    query: {
      async $allOperations({ args, query }) {
        try {
          return await query(args);
        } catch (error) {
          throw translate(error);
        }
      },
    },
  });
  return extended as unknown as PrismaClient;
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw translate(error);
  }
}

async function run<R extends Row>(runner: pg.Pool | pg.PoolClient, statement: Sql, prepared?: string): Promise<R[]> {
  try {
    const result = await runner.query<R>({ ...statement.render(), ...(prepared ? { name: prepared } : {}) });
    return result.rows;
  } catch (error) {
    throw translate(error);
  }
}

async function runPrepared<R extends Row>(hot: pg.Pool, statement: Sql, name: string): Promise<R[]> {
  const { text, values } = statement.render();
  try {
    return await queryPrepared<R>(hot, name, text, values);
  } catch (error) {
    throw translate(error);
  }
}

/** SQLSTATE of a PostgreSQL error, or Node's code of a broken connection. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A value that no column or index holds: a NUL, half a character, a number or instant out of range, a key too long. */
const UNSTORABLE = /^(22021|22P02|22P05|22003|22008|54000)$/;
const BROKEN = /^(08|53|57P|25006|40001|40P01|55P03)/;
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"]);

/** How pg words a connection that is gone, or could not be made: it gives no code. */
const LOST = /Connection terminated|timeout exceeded when trying|is not queryable|timeout expired/;
/** Prisma's codes for the same, and for a pool or transaction that waited too long. */
const PRISMA_LOST = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2034", "P2037"]);

function isPrismaLost(error: unknown): boolean {
  if (!(error instanceof Error) || !error.name.startsWith("PrismaClient")) return false;
  if (PRISMA_LOST.has(sqlState(error) ?? "") || error.name === "PrismaClientInitializationError") return true;
  // The adapter passes on what pg said, with PostgreSQL's code in the text at best.
  return (
    LOST.test(error.message) ||
    /ECONNREFUSED|ECONNRESET|57P0\d|DatabaseNotReachable|ConnectionClosed/.test(error.message)
  );
}

/**
 * Turns what PostgreSQL says into what a caller may be told: its time-out, its restart and its lack of connections are 503
 * with a `Retry-After`, so stock clients ask again; a value that cannot be stored is the caller's fault, 422; everything
 * else passes unchanged.
 */
export function translate(error: unknown): unknown {
  if (error instanceof WeirError) return error;
  const code = sqlState(error);
  const message = error instanceof Error ? error.message : "";
  if (code && UNSTORABLE.test(code)) {
    return new WeirError("invalid", "Invalid request received.", {
      cause: error,
      issues: [{ loc: ["body"], msg: `A value cannot be stored: ${message}`, type: "value_error" }],
    });
  }
  if (code === "57014") {
    return new WeirError("unavailable", "The query took too long and was stopped. Narrow it and try again.", {
      cause: error,
      retryAfterSeconds: 2,
    });
  }
  if ((code && (BROKEN.test(code) || NETWORK.has(code))) || LOST.test(message) || isPrismaLost(error)) {
    return new WeirError("unavailable", "Service Unavailable", { cause: error, retryAfterSeconds: 1 });
  }
  return error;
}
