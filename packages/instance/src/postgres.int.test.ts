import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hold, temporaryFolder } from "./fixtures/hold.ts";
import { type RunningPostgres, startPostgres, stopLeftPostgres } from "./postgres.ts";
import { isAlive, signal, waitForExit } from "./processes.ts";

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
const running: RunningPostgres[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.dir, "postgres");
});

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  await stopLeftPostgres(dir);
  folder.remove();
});

async function start(): Promise<RunningPostgres> {
  const postgres = await startPostgres({ dir });
  running.push(postgres);
  return postgres;
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("rows survive a stop and a start, and the password is the owner's alone", async () => {
  const first = await start();
  await query(first.url, "create table kept as select 42 as answer");
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await query(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
  expect(statSync(join(dir, "password")).mode & 0o077).toBe(0);
});

test("a server whose starter was killed is adopted, and can be stopped", async () => {
  const { said, kill } = await hold<{ pid: number; port: number }>("hold-postgres.ts", [dir]);
  await kill();
  expect(isAlive(said.pid)).toBe(true);
  const adopted = await start();
  expect(adopted).toMatchObject({ adopted: true, pid: said.pid, port: said.port });
  await query(adopted.url, "select 1");
  await adopted.stop();
  expect(isAlive(said.pid)).toBe(false);
});

test("what was committed before the server itself was killed is there after the next start", async () => {
  const first = await start();
  await query(first.url, "create table kept as select 42 as answer");
  signal(first.pid, "SIGKILL");
  expect(await waitForExit(first.pid, 5_000)).toBe(true);
  const second = await start();
  expect(await query(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("a server that dies while it is asked whether it can be adopted is not waited for", async () => {
  const first = await start();
  const second = start(); // it has seen the first alive by now
  signal(first.pid, "SIGKILL");
  expect(await second).toMatchObject({ adopted: false });
}, 30_000);

test("a postmaster.pid that names another program is no obstacle", async () => {
  await (await start()).stop();
  writeFileSync(join(dir, "data", "postmaster.pid"), `${process.pid}\n${dir}\n0\n5432\n\n127.0.0.1\n0 0\nready\n`);
  expect((await start()).adopted).toBe(false);
});

test("a damaged data folder is said to be damaged, with what to do", async () => {
  await (await start()).stop();
  writeFileSync(join(dir, "data", "global", "pg_control"), "not a control file");
  await expect(startPostgres({ dir })).rejects.toMatchObject({
    code: "data-damaged",
    message: expect.stringMatching(/is damaged.*Put a backup in its place/),
  });
});

test("a data folder without PG_VERSION is damaged, and is left as it is", async () => {
  mkdirSync(join(dir, "data"), { recursive: true });
  writeFileSync(join(dir, "data", "precious"), "");
  await expect(startPostgres({ dir })).rejects.toMatchObject({ code: "data-damaged" });
  expect(existsSync(join(dir, "data", "precious"))).toBe(true);
});

test("a data folder of another PostgreSQL is named as such", async () => {
  mkdirSync(join(dir, "data"), { recursive: true });
  writeFileSync(join(dir, "data", "PG_VERSION"), "12\n");
  await expect(startPostgres({ dir })).rejects.toMatchObject({
    code: "postgres-version",
    message: expect.stringContaining("belongs to PostgreSQL 12"),
  });
});

test("data that the server's user may not read is a matter of permission", async () => {
  await (await start()).stop();
  const data = join(dir, "data");
  chmodSync(data, 0o777); // PostgreSQL refuses a folder that others may write to
  await expect(startPostgres({ dir })).rejects.toMatchObject({ code: "no-permission" });
  chmodSync(data, 0o700);
});

test("a first start that was cut short leaves nothing that a second stumbles over", async () => {
  mkdirSync(join(dir, "data.new"), { recursive: true });
  writeFileSync(join(dir, "data.new", "PG_VERSION"), "18\n");
  await start();
  expect(existsSync(join(dir, "data.new"))).toBe(false);
  rmSync(join(dir, "data.new"), { force: true });
});

test.runIf(process.getuid?.() === 0)("root may keep it below a folder that only root can enter", async () => {
  chmodSync(folder.dir, 0o700);
  const postgres = await start();
  expect(await query(postgres.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await postgres.stop();
  rmSync(postgres.dir, { recursive: true });
});
