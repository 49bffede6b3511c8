import { randomUUID } from "node:crypto";
import type { Micros } from "@weir/contracts";
import { type Db, type Hot, maintainPartitions, openDb, openHot } from "@weir/db";
import { databaseClock, type Services } from "@weir/operations";
import pg from "pg";
import { inject } from "vitest";

/** The migrated database that every test database is cloned from. */
export const TEMPLATE = "weir_template";

/** Retention class of test workspaces. */
export const TEST_RETENTION_DAYS = 30;

/** A database of a test file's own. `clock` may be set; it goes with the database's until then. */
export type TestDatabase = {
  url: string;
  db: Db;
  hot: Hot;
  services: Services;
  /** A second replica's services: connections and memories of its own on the same database, until that is dropped. */
  replica(): Services;
  /** Stops the clock at an instant, or lets it run again. */
  setClock(now: Micros | undefined): void;
  drop(): Promise<void>;
};

/** Clones the template on the test run's PostgreSQL. Call it once a file, and `drop` it at the end. */
export async function testDatabase(serverUrl: string = inject("postgresUrl")): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await asSuperuser(serverUrl, `create database ${name} template ${TEMPLATE}`);
  const url = withDatabase(serverUrl, name);
  const opened: Db[] = [];
  const open = (): { db: Db; hot: Hot } => {
    const one = openDb({ url, connections: 4, hotConnections: 3 });
    opened.push(one);
    return { db: one, hot: openHot(one) };
  };
  const { db, hot } = open();
  const database = databaseClock(db);
  await database.ready;
  let fixed: Micros | undefined;
  const clock = () => fixed ?? database.clock();
  const services: Services = { db, hot, clock };
  return {
    url,
    db,
    hot,
    services,
    replica: () => ({ ...open(), clock }),
    setClock(now) {
      fixed = now;
    },
    async drop() {
      database.stop();
      await Promise.all(opened.map((one) => one.close()));
      await asSuperuser(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Makes the partitions of the test retention class around today. */
export async function makePartitions(url: string): Promise<void> {
  const db = openDb({ url, connections: 1, hotConnections: 1 });
  try {
    await maintainPartitions(db, new Date(), [TEST_RETENTION_DAYS]);
  } finally {
    await db.close();
  }
}

/** The same server's address of another database. */
export function withDatabase(url: string, database: string): string {
  const address = new URL(url);
  address.pathname = `/${database}`;
  return address.toString();
}

// Cloning fails while anybody is connected to the template: clones of one run wait for each other.
let turn: Promise<unknown> = Promise.resolve();

/** Runs a statement on the server itself; calls of one process take turns. */
export async function asSuperuser(url: string, statement: string): Promise<void> {
  const mine = turn.then(async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query("select pg_advisory_lock(4711002)");
      await client.query(statement);
    } finally {
      await client.end();
    }
  });
  turn = mine.catch(() => undefined);
  await mine;
}
