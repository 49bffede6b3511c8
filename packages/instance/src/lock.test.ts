import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "./fixtures/hold.ts";
import { lockHolder, takeLock } from "./lock.ts";

let folder: ReturnType<typeof temporaryFolder>;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.dir, "lock");
});

afterEach(() => folder.remove());

test("a lock is held until it is given back", () => {
  const release = takeLock(path);
  expect(lockHolder(path)?.pid).toBe(process.pid);
  expect(() => takeLock(path)).toThrow(`as process ${process.pid}`);
  release();
  expect(existsSync(path)).toBe(false);
});

test("a lock of a process that is gone is nobody's", () => {
  writeFileSync(path, JSON.stringify({ pid: 2 ** 31 - 2, started: "1" }));
  expect(lockHolder(path)).toBeUndefined();
  takeLock(path)();
});

test("a process with the id of a holder that is gone is not taken for it", () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: "another time" }));
  expect(lockHolder(path)).toBeUndefined();
});

test("a lock that cannot be read is nobody's", () => {
  writeFileSync(path, "");
  takeLock(path)();
  expect(existsSync(path)).toBe(false);
});
