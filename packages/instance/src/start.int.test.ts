import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "./fixtures/hold.ts";
import { freePort } from "./ports.ts";
import { stopLeftPostgres } from "./postgres.ts";
import { prepareDatabase } from "./prepare.ts";
import type { Prepare } from "./prepare-in-child.ts";
import { isAlive, until } from "./processes.ts";
import { type RunningInstance, type StartOptions, startInstance } from "./start.ts";
import { instanceStatus } from "./status.ts";
import type { ProcessFacts } from "./weir-processes.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const fake = fileURLToPath(new URL("./fixtures/fake-weir.mjs", import.meta.url));
const ids = {
  accountId: "0193a000-0000-7000-8000-000000000001",
  workspaceId: "0193a000-0000-7000-8000-000000000002",
};

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
let port: number;
let lines: string[];
const running: RunningInstance[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  dir = join(folder.dir, ".weir");
  port = await freePort();
  lines = [];
});

afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop();
  await stopLeftPostgres(join(dir, "postgres"));
  folder.remove();
});

/** One process that answers for both the API and the dashboard. */
function processes(env: Record<string, string> = {}) {
  return (facts: ProcessFacts) => [
    {
      name: "api",
      command: process.execPath,
      args: [fake],
      cwd: folder.dir,
      env: { PORT: String(facts.port), ...env },
      stopTimeoutMs: 1_000,
    },
  ];
}

async function start(extra: Partial<StartOptions> = {}): Promise<RunningInstance> {
  const prepare: Prepare = (job) => prepareDatabase(job, async () => ids);
  const print = (line: string) => lines.push(line);
  const base = { dir, root, port, inherited: {}, prepare, print, processes: processes() };
  const instance = await startInstance({ ...base, ...extra });
  running.push(instance);
  return instance;
}

test("everything answers, the instance file says where, and goes away at stop", async () => {
  const instance = await start();
  const path = join(dir, "instance.json");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    apiUrl: `http://127.0.0.1:${port}/api`,
    uiUrl: `http://127.0.0.1:${port}`,
    accountHandle: "local",
    workspaceHandle: "default",
    apiKey: instance.secrets.apiKey,
    pid: process.pid,
    ...ids,
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, "secrets.json")).mode & 0o777).toBe(0o600);
  expect(await instanceStatus(dir)).toMatchObject({ state: "ready", uiUrl: `http://127.0.0.1:${port}` });
  await instance.stop();
  expect(existsSync(path)).toBe(false);
  expect(await instanceStatus(dir)).toEqual({ state: "stopped" });
});

test("a second start has the same key and password", async () => {
  const first = await start();
  await first.stop();
  expect((await start()).secrets).toEqual(first.secrets);
});

test("a start beside a running one names its process and how to stop it", async () => {
  await start();
  await expect(start({ port: await freePort() })).rejects.toMatchObject({
    code: "already-running",
    message: expect.stringMatching(new RegExp(`process ${process.pid}.*weir server stop`)),
  });
});

test("a lock left by a killed process is taken over", async () => {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "lock"), JSON.stringify({ pid: process.pid, started: "an earlier life" }));
  writeFileSync(join(dir, "instance.json"), "{}");
  await start();
});

test("a port in use is said so, and nothing is made", async () => {
  const server: Server = createServer().listen(port, "127.0.0.1");
  try {
    await expect(start()).rejects.toMatchObject({
      code: "port-in-use",
      message: expect.stringMatching(new RegExp(`Port ${port} is in use.*WEIR_PORT=`)),
    });
    expect(existsSync(dir)).toBe(false);
  } finally {
    server.close();
  }
});

test("a DATABASE_URL that does not answer is said so without its password, and nothing is made", async () => {
  const failure = start({ databaseUrl: "postgresql://weir:hush@127.0.0.1:1/weir" });
  await expect(failure).rejects.toMatchObject({
    code: "database-unreachable",
    message: expect.stringMatching(/127\.0\.0\.1:1\/weir.*does not answer(?!.*hush)/),
  });
  expect(existsSync(dir)).toBe(false);
});

test("a database newer than the code is said so, and its server is stopped again", async () => {
  await (await start()).stop();
  const older = join(folder.dir, "older");
  mkdirSync(join(older, "prisma/migrations"), { recursive: true });
  await expect(start({ root: older })).rejects.toMatchObject({
    code: "newer-schema",
    message: expect.stringContaining("newer schema than this code"),
  });
  expect(existsSync(join(dir, "postgres/data/postmaster.pid"))).toBe(false);
  expect(readdirSync(dir)).not.toContain("lock");
});

test("a process that ends at once is told with its last words, and all is undone", async () => {
  await expect(start({ processes: processes({ CRASH: "1" }) })).rejects.toMatchObject({
    code: "not-ready",
    message: expect.stringContaining("no luck today"),
  });
  expect(existsSync(join(dir, "postgres/data/postmaster.pid"))).toBe(false);
});

test("a start that is called off undoes what it did", async () => {
  const abort = new AbortController();
  const prepare: Prepare = async () => {
    abort.abort();
    return { applied: [], ...ids };
  };
  await expect(start({ prepare, abort: abort.signal })).rejects.toThrow();
  expect(existsSync(join(dir, "postgres/data/postmaster.pid"))).toBe(false);
  expect(existsSync(join(dir, "instance.json"))).toBe(false);
});

test("a PostgreSQL that is killed comes back on the same port", async () => {
  await start();
  const pidFile = join(dir, "postgres/data/postmaster.pid");
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  process.kill(pid, "SIGKILL");
  const back = () => existsSync(pidFile) && readFileSync(pidFile, "utf8").split("\n")[7]?.trim() === "ready";
  expect(await until(() => !isAlive(pid) && back(), 20_000)).toBe(true);
});
