import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { userApiKey } from "@weir/auth";
import { freePort } from "@weir/instance";
import { bootstrapLocalInstance } from "@weir/operations";
import { asSuperuser, TEMPLATE, withDatabase } from "./database.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const START_WITHIN_MS = 60_000;

/** A whole Weir in processes of its own: API with its loops, and the dashboard where it is built and wanted. */
export type TestWeir = {
  apiUrl: string;
  uiUrl: string;
  accountId: string;
  accountHandle: string;
  workspaceId: string;
  workspaceHandle: string;
  apiKey: string;
  email: string;
  password: string;
  databaseUrl: string;
  /** The API's process: what fault tests kill. */
  api: ChildProcess;
  /** Starts the API again on the same port after it was killed. */
  restartApi(): Promise<void>;
  /** Starts another API on the same database, with its loops: a replica. It stops with the rest. */
  startReplica(machine?: TestMachine): Promise<TestReplica>;
  /** Starts every background loop in a process of its own. It stops with the rest. */
  startBackground(machine?: TestMachine): ChildProcess;
  stop(): Promise<void>;
};

/** An API beside the first one: its process, and where it answers. */
type TestReplica = { apiUrl: string; process: ChildProcess };

/** A machine of a process's own: how far its clock is ahead, in milliseconds. */
type TestMachine = { aheadMs?: number };

/** How a test Weir differs from a local instance. */
export type TestWeirOptions = {
  /** Superuser's address of the server to make the database on. */
  postgresUrl: string;
  dashboard?: boolean;
  /** Background loops: `all` unless told otherwise. */
  loops?: string;
  env?: Record<string, string>;
};

/** Starts Weir on a database of its own. */
export async function startTestWeir({
  postgresUrl,
  dashboard = false,
  loops = "all",
  env = {},
}: TestWeirOptions): Promise<TestWeir> {
  const name = `weir_${randomUUID().replaceAll("-", "")}`;
  await asSuperuser(postgresUrl, `create database ${name} template ${TEMPLATE}`);
  const databaseUrl = withDatabase(postgresUrl, name);
  const apiKey = userApiKey(randomBytes(64));
  const login = {
    email: "local@weir.test",
    password: randomBytes(12).toString("base64url"),
    accountHandle: "local",
    workspaceHandle: "default",
  };
  const ids = await bootstrapLocalInstance({ url: databaseUrl }, { ...login, apiKey });
  const port = await freePort();
  const dashboardPort = await freePort();
  const uiUrl = `http://127.0.0.1:${port}`;
  const shared = { DATABASE_URL: databaseUrl, PUBLIC_URL: uiUrl, WEIR_LOOPS: loops, ...env };

  const beside: ChildProcess[] = [];
  const startApi = async (at = port, machine: TestMachine = {}) => {
    const child = run([...clockOf(machine), ...entry("api")], {
      ...shared,
      PORT: String(at),
      WEIR_TRUST_LOOPBACK: "1",
      ...(dashboard ? { DASHBOARD_ORIGIN: `http://127.0.0.1:${dashboardPort}` } : {}),
    });
    await answers(`http://127.0.0.1:${at}/api/ready`, child);
    return child;
  };
  const web = dashboard
    ? run([`${REPOSITORY}apps/dashboard/.next/standalone/apps/dashboard/server.js`], {
        ...shared,
        PORT: String(dashboardPort),
        HOSTNAME: "127.0.0.1",
        NEXTAUTH_URL: uiUrl,
        NEXTAUTH_SECRET: randomBytes(32).toString("hex"),
        WEIR_API_URL: `${uiUrl}/api`,
      })
    : undefined;
  const weir: TestWeir = {
    apiUrl: `${uiUrl}/api`,
    uiUrl,
    ...ids,
    ...login,
    apiKey,
    databaseUrl,
    api: await startApi(),
    async restartApi() {
      weir.api = await startApi();
    },
    async startReplica(machine) {
      const at = await freePort();
      const child = await startApi(at, machine);
      beside.push(child);
      return { apiUrl: `http://127.0.0.1:${at}/api`, process: child };
    },
    startBackground(machine = {}) {
      const child = run([...clockOf(machine), ...entry("background")], { ...shared, WEIR_LOOPS: "all" });
      beside.push(child);
      return child;
    },
    async stop() {
      await Promise.all([end(weir.api), web && end(web), ...beside.map(end)]);
      await asSuperuser(postgresUrl, `drop database if exists ${name} with (force)`);
    },
  };
  if (web) await answers(`http://127.0.0.1:${dashboardPort}/login`, web);
  return weir;
}

/** An app as it was built, or its source when it is not built. */
function entry(app: "api" | "background"): string[] {
  const built = `${REPOSITORY}apps/${app}/dist/main.mjs`;
  return existsSync(built) ? [built] : ["--import", "tsx", `${REPOSITORY}apps/${app}/src/main.ts`];
}

/** What makes a process believe that it is later than it is: the machine's clock is wrong, and no code of ours knows. */
function clockOf({ aheadMs = 0 }: TestMachine): string[] {
  if (aheadMs === 0) return [];
  const wrong = `const { now } = Date;
    globalThis.Date = class extends Date {
      constructor(...given) { given.length === 0 ? super(now() + ${aheadMs}) : super(...given); }
      static now() { return now() + ${aheadMs}; }
    };
    Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + ${aheadMs} });`;
  return ["--import", `data:text/javascript,${encodeURIComponent(wrong)}`];
}

function run(args: string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    env: { ...process.env, NODE_ENV: "production", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr?.on("data", (data) => {
    log = (log + data).slice(-8_000);
  });
  child.once("exit", (code) => {
    if (code) process.stderr.write(`${args.at(-1)} ended with ${code}\n${log}\n`);
  });
  return child;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${url}: its process ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`${url} did not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
