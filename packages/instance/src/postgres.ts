import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { WeirInstanceError } from "./errors.ts";
import { freePort } from "./ports.ts";
import { damaged, explainPostgresFailure, otherVersion } from "./postgres-failures.ts";
import { handOver, type PostgresHome, postgresHome } from "./postgres-home.ts";
import { isAlive, isIdTaken, programOf, signal, until, waitForExit } from "./processes.ts";

/** A running private PostgreSQL. `url` signs in as its superuser, to the database `postgres`. */
export type RunningPostgres = {
  url: string;
  port: number;
  pid: number;
  /** Its folder: the one asked for, or another when PostgreSQL's user could not have entered that one. */
  dir: string;
  /** It was running already, left behind by a process that was killed. */
  adopted: boolean;
  /** Fast shutdown: transactions under way are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
};

/** What `startPostgres` wants to know. `settings` are postgresql.conf names, laid over Weir's own. */
export type PostgresOptions = { dir: string; settings?: Record<string, string | number>; port?: number };

/** Long, for a server that was killed under load first repeats what its log holds. */
const START_TIMEOUT_MS = 5 * 60_000;
const ANSWER_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
/** No system gives a process this id. */
const NOBODY = 2 ** 31 - 2;
const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/** For one small machine that also runs everything else; a test may trade safety for speed in `settings`. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: 100,
  shared_buffers: "128MB",
  // Full pages are written to the log after each checkpoint: make them small, and checkpoints rare.
  wal_compression: "on",
  checkpoint_timeout: "15min",
  max_wal_size: "2GB",
  random_page_cost: 1.1,
  // Compiling a plan costs more than any of our short statements.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};

/**
 * Starts a PostgreSQL of our own in `dir`, making it first when it is new, or adopts the one that still runs there.
 *
 * It is detached: a Ctrl-C in the terminal reaches us, not it, so that whoever uses it can finish first. The price is that
 * it outlives a killed parent; the next start finds it by its postmaster.pid.
 */
export async function startPostgres({ dir, settings = {}, port }: PostgresOptions): Promise<RunningPostgres> {
  let home: PostgresHome;
  let password: string;
  try {
    home = postgresHome(dir);
    checkData(home);
    if (!existsSync(home.data)) createCluster(home);
    password = readFileSync(join(home.dir, "password"), "utf8").trim();
  } catch (error) {
    throw error instanceof WeirInstanceError ? error : explainPostgresFailure(String(error), dir, error);
  }
  const urlAt = (at: number) => `postgresql://postgres:${password}@127.0.0.1:${at}/postgres`;

  const orphan = await findOrphan(home, urlAt);
  if (orphan) return running(home.dir, orphan.pid, orphan.port, urlAt, true);

  const chosen = port ?? (await freePort());
  const pid = await launchAfterTheLast(home, { ...SETTINGS, ...settings, port: chosen }, urlAt(chosen));
  return running(home.dir, pid, chosen, urlAt, false);
}

/** Stops a server that a killed process left behind on `dir`. False when there is none. */
export async function stopLeftPostgres(dir: string): Promise<boolean> {
  if (!existsSync(dir)) return false;
  const home = postgresHome(dir);
  const left = readPidFile(join(home.data, "postmaster.pid"));
  if (!left || !isAlive(left.pid) || !isPostgres(left.pid)) return false;
  await running(home.dir, left.pid, left.port, () => "", true).stop();
  return true;
}

function isPostgres(pid: number): boolean {
  return (programOf(pid) ?? "").startsWith("postgres");
}

function running(
  dir: string,
  pid: number,
  port: number,
  urlAt: (port: number) => string,
  adopted: boolean,
): RunningPostgres {
  return {
    url: urlAt(port),
    port,
    pid,
    dir,
    adopted,
    async stop() {
      signal(pid, "SIGINT");
      if (await waitForExit(pid, STOP_TIMEOUT_MS)) return;
      signal(pid, "SIGQUIT"); // gives up on clients that do not let go; the next start replays the log
      await waitForExit(pid, STOP_TIMEOUT_MS);
    },
  };
}

function checkData({ data, binaries }: PostgresHome): void {
  if (!existsSync(data)) return;
  const versionFile = join(data, "PG_VERSION");
  if (!existsSync(versionFile)) {
    if (readdirSync(data).length > 0) throw damaged(data, ": it has files but no PG_VERSION");
    rmdirSync(data);
    return;
  }
  const found = readFileSync(versionFile, "utf8").trim();
  if (!/^\d+$/.test(found)) throw damaged(data, ": its PG_VERSION is not a number");
  if (found !== binaries.version) throw otherVersion(data, found, binaries.version);
}

/** Makes an empty database cluster. It is made beside its place and moved there when whole. */
function createCluster({ dir, data, binaries, runAs }: PostgresHome): void {
  const passwordFile = join(dir, "password");
  const partial = join(dir, "data.new");
  rmSync(partial, { recursive: true, force: true });
  writeFileSync(passwordFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  handOver(passwordFile, runAs);
  const options = ["-D", partial, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  const locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  const made = spawnSync(binaries.initdb, [...options, ...locale], { ...runAs, cwd: "/", encoding: "utf8" });
  if (made.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    const output = `${made.stdout}\n${made.stderr}\n${made.error?.message ?? ""}`;
    const known = explainPostgresFailure(output, dir, made.error);
    if (known.code !== "data-damaged") throw known;
    throw new WeirInstanceError("postgres-failed", `PostgreSQL could not make a database in ${dir}: ${output.trim()}`);
  }
  renameSync(partial, data);
}

/** The server that still runs on this folder, if one does. */
async function findOrphan(
  home: PostgresHome,
  urlAt: (port: number) => string,
): Promise<{ pid: number; port: number } | undefined> {
  const file = join(home.data, "postmaster.pid");
  const first = readPidFile(file);
  if (!first) return undefined;
  if (!isAlive(first.pid) || !isPostgres(first.pid)) {
    if (isIdTaken(first.pid)) disown(file);
    return undefined;
  }
  let answers = false;
  await until(async () => {
    answers = await answersAt(urlAt(readPidFile(file)?.port ?? first.port));
    return answers || !isAlive(first.pid);
  }, START_TIMEOUT_MS);
  if (answers) return readPidFile(file) ?? first;
  if (!isAlive(first.pid)) return findOrphan(home, urlAt);
  throw new WeirInstanceError(
    "postgres-failed",
    `PostgreSQL runs already on ${home.data} (process ${first.pid}) but does not answer. Stop it with "kill -INT ${first.pid}" and start again.`,
  );
}

/**
 * PostgreSQL refuses to start while the id in its postmaster.pid is taken: by another program after a reboot, or by the
 * killed server itself where nobody reaps the dead, as in a container without an init. Another id that nobody has lets it
 * go on to what protects the data: it looks by the rest of the file whether a backend of that server is left.
 */
function disown(file: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace(/^\d+/, String(NOBODY)));
}

/** Line by line: process id, data folder, start time, port, socket folder, address, shared memory, state. */
function readPidFile(file: string): { pid: number; port: number; state: string } | undefined {
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, "utf8").split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), state: (lines[7] ?? "").trim() };
}

/** After a kill the former server's backends need a moment to notice; until they have, PostgreSQL refuses to start. */
async function launchAfterTheLast(home: PostgresHome, settings: Record<string, string | number>, url: string) {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  for (;;) {
    try {
      return await launch(home, settings, url);
    } catch (error) {
      const stillThere = error instanceof Error && /pre-existing shared memory block/.test(error.message);
      if (!stillThere || performance.now() > deadline) throw error;
      await delay(200);
    }
  }
}

async function launch(home: PostgresHome, settings: Record<string, string | number>, url: string): Promise<number> {
  const { data, dir, binaries, runAs } = home;
  const logFile = join(dir, "postgres.log");
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, "a", 0o600); // a file, not a pipe: the server may outlive us
  const logStart = statSync(logFile).size;
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(binaries.postgres, ["-D", data, ...options], {
    ...runAs,
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" }, // whatever PG* the caller has set is not for this server
  });
  closeSync(log);
  let failure: Error | undefined;
  let ended = false;
  child.once("error", (error) => {
    failure = error;
    ended = true;
  });
  child.once("exit", () => {
    ended = true;
  });
  const ready = () => {
    const now = readPidFile(join(data, "postmaster.pid")); // at first it may be that of a server that was killed
    return now?.pid === child.pid && now?.state === "ready";
  };
  await until(() => ended || ready(), START_TIMEOUT_MS, 20);
  // Clients that it had come back all at once, and a busy machine takes its time.
  const answers = ready() && (await until(async () => ended || (await answersAt(url)), ANSWER_TIMEOUT_MS));
  if (answers && !ended && child.pid !== undefined) {
    child.unref();
    return child.pid;
  }
  if (!ended && child.pid !== undefined) {
    signal(child.pid, "SIGINT");
    await waitForExit(child.pid, STOP_TIMEOUT_MS);
  }
  throw explainPostgresFailure(readFileSync(logFile).subarray(logStart).toString("utf8"), data, failure);
}

async function answersAt(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined); // a server that goes away while we ask is one that does not answer
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
