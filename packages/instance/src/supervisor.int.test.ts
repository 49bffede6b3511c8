import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hold, temporaryFolder } from "./fixtures/hold.ts";
import { freePort } from "./ports.ts";
import { isAlive, signal, until, waitForExit } from "./processes.ts";
import { answers } from "./ready.ts";
import { type ChildEnded, type ChildSpec, createSupervisor, type Supervisor } from "./supervisor.ts";

const fake = fileURLToPath(new URL("./fixtures/fake-weir.mjs", import.meta.url));

let folder: ReturnType<typeof temporaryFolder>;
let supervisor: Supervisor;
let endings: ChildEnded[];

beforeEach(() => {
  folder = temporaryFolder();
  endings = [];
  supervisor = createSupervisor({ logDir: folder.dir, onEnded: (ended) => endings.push(ended) });
});

afterEach(async () => {
  await supervisor.stop();
  folder.remove();
});

async function child(env: Record<string, string> = {}): Promise<{ spec: ChildSpec; url: string }> {
  const port = await freePort();
  const spec = { name: "api", command: process.execPath, args: [fake], cwd: folder.dir, stopTimeoutMs: 300 };
  return { spec: { ...spec, env: { PORT: String(port), ...env } }, url: `http://127.0.0.1:${port}/` };
}

test("a child that is killed is started again, and its log tells both lives", async () => {
  const { spec, url } = await child();
  supervisor.start(spec);
  expect(await until(() => answers(url), 5_000)).toBe(true);
  const first = supervisor.pidOf("api") ?? 0;
  signal(first, "SIGKILL");
  expect(await until(() => endings.length === 1, 5_000)).toBe(true);
  expect(await until(() => answers(url), 5_000)).toBe(true);
  expect(supervisor.pidOf("api")).not.toBe(first);
  expect(endings[0]).toMatchObject({ name: "api", reason: "killed by SIGKILL" });
  const log = readFileSync(join(folder.dir, "api.log"), "utf8");
  expect(log.match(/answering as/g)).toHaveLength(2);
});

test("a child that ends again and again is started ever more slowly", async () => {
  supervisor.start((await child({ CRASH: "1" })).spec);
  expect(await until(() => endings.length === 3, 10_000)).toBe(true);
  expect(endings.map((ended) => ended.restartInMs)).toEqual([250, 500, 1_000]);
  expect(endings[0]).toMatchObject({ reason: "exit code 7", tail: ["no luck today"] });
});

test("a command that does not exist is an ending like any other", async () => {
  supervisor.start({ ...(await child()).spec, command: "/no/such/program" });
  expect(await until(() => endings.length > 0, 5_000)).toBe(true);
  expect(endings[0]?.reason).toContain("ENOENT");
});

test("stopping ends a child that ignores SIGTERM, and starts none again", async () => {
  const { spec, url } = await child({ STUBBORN: "1" });
  supervisor.start(spec);
  expect(await until(() => answers(url), 5_000)).toBe(true);
  const pid = supervisor.pidOf("api") ?? 0;
  await supervisor.stop();
  expect(isAlive(pid)).toBe(false);
  expect(endings).toEqual([]);
});

test("when the supervisor itself is killed, its children end by themselves", async () => {
  const port = await freePort();
  const { said, kill } = await hold<{ pid: number }>("hold-children.ts", [folder.dir, String(port)]);
  expect(await until(() => answers(`http://127.0.0.1:${port}/`), 5_000)).toBe(true);
  await kill();
  expect(await waitForExit(said.pid, 5_000)).toBe(true);
});
