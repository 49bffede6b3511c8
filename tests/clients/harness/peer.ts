import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@weir/instance";
import { asSuperuser, withDatabase } from "@weir/testing";
import { freshDir, prefectBin } from "./paths.ts";
import { start } from "./processes.ts";
import { until } from "./until.ts";

/** Prefect's own server, ours alone. */
export type Peer = { apiUrl: string; stop(): Promise<void> };

const START_PATIENCE_MS = 90_000;

/** Its loops at a test's pace: it writes events and task runs down at once instead of every few seconds. */
const SETTINGS = {
  PREFECT_SERVER_ANALYTICS_ENABLED: "false",
  PREFECT_SERVER_UI_ENABLED: "false",
  PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL: "1",
  PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS: "5",
  PREFECT_SERVER_LOGGING_LEVEL: "WARNING",
  DO_NOT_TRACK: "1",
  NO_COLOR: "1",
  TERM: "dumb",
  LANG: "C.UTF-8",
};

/**
 * Starts `prefect server start` on a free port, with a home of its own and a database on `postgresUrl`. PostgreSQL, not
 * its default: on SQLite a writer now and then finds the database locked for a minute, and a scenario with it.
 */
export async function startPeer(root: string, postgresUrl: string): Promise<Peer> {
  const home = freshDir(root, "peer");
  const database = `peer_${randomUUID().replaceAll("-", "")}`;
  await asSuperuser(postgresUrl, `create database ${database}`);
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}/api`;
  const bin = prefectBin();
  const server = start(join(bin, "prefect"), ["server", "start", "--host", "127.0.0.1", "--port", String(port)], {
    cwd: home,
    env: {
      ...SETTINGS,
      HOME: home,
      PREFECT_HOME: join(home, ".prefect"),
      PREFECT_API_DATABASE_CONNECTION_URL: withDatabase(postgresUrl, database).replace(/^\w+:/, "postgresql+asyncpg:"),
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    },
  });
  const stop = async () => {
    await server.stop();
    await asSuperuser(postgresUrl, `drop database if exists ${database} with (force)`);
  };
  let died = false;
  server.ended.then(
    () => {
      died = true;
    },
    () => {
      died = true;
    },
  );
  try {
    await until(
      "Prefect's server to answer",
      async () => {
        if (died) return "died";
        return (await fetch(`${apiUrl}/health`)).ok && "ready";
      },
      START_PATIENCE_MS,
    );
    if (died) throw new Error("Prefect's server ended while it started");
  } catch (error) {
    await stop();
    throw new Error(`Prefect's server did not start:\n${server.output()}`, { cause: error });
  }
  return { apiUrl, stop };
}
