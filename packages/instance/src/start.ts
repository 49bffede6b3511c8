import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkDatabase, ensureDatabase } from "./databases.ts";
import { explainFileTrouble, WeirInstanceError } from "./errors.ts";
import type { InstanceFile } from "./instance-file.ts";
import { keepPostgres } from "./keep-postgres.ts";
import { layoutOf } from "./layout.ts";
import { alreadyRunning, lockHolder, takeLock } from "./lock.ts";
import { freePort, isPortFree } from "./ports.ts";
import { type Prepare, type Prepared, prepareInChild } from "./prepare-in-child.ts";
import { writePrivately } from "./private-file.ts";
import { until } from "./processes.ts";
import { type Endings, waitUntilReady } from "./ready.ts";
import { keepSecrets, type Secrets } from "./secrets.ts";
import { type ChildSpec, createSupervisor } from "./supervisor.ts";
import { BUILT, checkBuilt, type ProcessFacts, weirProcesses } from "./weir-processes.ts";

/** What `startInstance` wants to know. */
export type StartOptions = {
  /** The instance's folder, `.weir`. */
  dir: string;
  /** The repository: built programs and migrations lie below it. */
  root: string;
  /** The one public port on 127.0.0.1. */
  port: number;
  /** A database of one's own; without it a private PostgreSQL is kept in `dir`. */
  databaseUrl?: string | undefined;
  /** The environment that the processes get besides what they are told here. */
  inherited: Record<string, string>;
  /** Progress, a line at a time. */
  print: (line: string) => void;
  /** Gives up starting, and undoes what was started. */
  abort?: AbortSignal;
  /** Makes the database ready in another way than by the built program, for tests. */
  prepare?: Prepare;
  /** Other processes than Weir's, for tests. */
  processes?: (facts: ProcessFacts) => ChildSpec[];
};

/** An instance that answers. */
export type RunningInstance = { file: InstanceFile; secrets: Secrets; stop(): Promise<void> };

const ACCOUNT = "local";
const WORKSPACE = "default";
const DATABASE = "weir";
/** After a kill −9, how long the children of the former instance may take to notice and let go of the port. */
const PORT_RELEASE_MS = 10_000;

/**
 * Starts all of Weir: lock, port, PostgreSQL, migrations, local account, processes; returns when everything answers. What
 * fails is said in one WeirInstanceError, and what was started until then is stopped.
 */
export async function startInstance(options: StartOptions): Promise<RunningInstance> {
  const { port, print } = options;
  const abort = options.abort ?? new AbortController().signal;
  const at = layoutOf(options.dir);

  const holder = lockHolder(at.lock);
  if (holder) throw alreadyRunning(holder.pid);
  if (!options.processes) checkBuilt(options.root);
  if (options.databaseUrl !== undefined) await checkDatabase(options.databaseUrl);

  await checkPort(port, existsSync(at.lock));
  makeFolder(options.dir);
  const undo: (() => void | Promise<void>)[] = [() => removeIfEmpty(options.dir)];
  const stop = onceOnly(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  try {
    undo.push(takeLock(at.lock));
    rmSync(at.instance, { force: true }); // of an instance that was killed

    const databaseUrl = options.databaseUrl ?? (await privateDatabase());
    abort.throwIfAborted();
    const { secrets, isNew } = keepSecrets(at.secrets);
    const prepared = await prepare(databaseUrl, secrets).catch((error: unknown) => {
      if (isNew) rmSync(at.secrets); // nobody was made with them
      throw error;
    });
    const { applied } = prepared;
    print(applied.length > 0 ? `Database: ${applied.length} migration(s) applied` : "Database: up to date");

    abort.throwIfAborted();
    const publicUrl = `http://127.0.0.1:${port}`;
    await startProcesses(databaseUrl, publicUrl, secrets);

    const file: InstanceFile = {
      apiUrl: `${publicUrl}/api`,
      uiUrl: publicUrl,
      accountId: prepared.accountId,
      accountHandle: ACCOUNT,
      workspaceId: prepared.workspaceId,
      workspaceHandle: WORKSPACE,
      apiKey: secrets.apiKey,
      pid: process.pid,
    };
    writePrivately(at.instance, file);
    undo.push(() => rmSync(at.instance, { force: true }));
    return { file, secrets, stop };
  } catch (error) {
    await stop();
    throw explainFileTrouble(error, options.dir);
  }

  async function privateDatabase(): Promise<string> {
    const postgres = await keepPostgres({ dir: at.postgres, onDeath: print });
    undo.push(() => postgres.stop());
    print(postgres.adopted ? "PostgreSQL: still running from before" : "PostgreSQL: started");
    if (postgres.dir !== at.postgres)
      print(`PostgreSQL: its data is in ${postgres.dir}, as its user may not enter ${at.dir}`);
    return ensureDatabase(postgres.url, DATABASE);
  }

  async function prepare(databaseUrl: string, secrets: Secrets): Promise<Prepared> {
    const { email, password, apiKey } = secrets;
    const local = { email, password, apiKey, accountHandle: ACCOUNT, workspaceHandle: WORKSPACE };
    const job = { databaseUrl, migrations: join(options.root, "prisma/migrations"), local };
    return options.prepare ? options.prepare(job) : prepareInChild(join(options.root, BUILT.prepare), job);
  }

  async function startProcesses(databaseUrl: string, publicUrl: string, secrets: Secrets): Promise<void> {
    const endings: Endings = new Map();
    const logOf = (name: string) => join(at.logs, `${name}.log`);
    const supervisor = createSupervisor({
      logDir: at.logs,
      onEnded({ name, reason, tail, restartInMs }) {
        endings.set(name, { times: (endings.get(name)?.times ?? 0) + 1, reason, tail });
        print(`The ${name} ended (${reason}); it starts again in ${restartInMs} ms. Its log is ${logOf(name)}.`);
      },
    });
    undo.push(() => supervisor.stop());
    const dashboardPort = await freePort();
    const { root, inherited } = options;
    const facts = { root, publicUrl, port, dashboardPort, databaseUrl, secrets, inherited };
    print("API and dashboard: starting");
    for (const spec of (options.processes ?? weirProcesses)(facts)) supervisor.start(spec);
    await waitUntilReady("api", `${publicUrl}/api/ready`, endings, logOf("api"), abort);
    print("API: ready");
    await waitUntilReady("dashboard", `${publicUrl}/login`, endings, logOf("dashboard"), abort);
    print("Dashboard: ready");
  }
}

/** Throws unless the port is free. After a kill, the children of the former instance are given time to let go of it. */
async function checkPort(port: number, killedBefore: boolean): Promise<void> {
  if (await until(() => isPortFree(port), killedBefore ? PORT_RELEASE_MS : 0)) return;
  throw new WeirInstanceError(
    "port-in-use",
    `Port ${port} is in use by another program. Stop that program, or choose another port: WEIR_PORT=${port + 1} npm start.`,
  );
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 }); // PostgreSQL's own user must be able to pass through
  } catch (error) {
    throw explainFileTrouble(error, dir);
  }
}

/** A folder that we made and left nothing in goes away again. */
function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Not empty: it holds the instance.
  }
}

function onceOnly(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
