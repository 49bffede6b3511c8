import { expect, test } from "vitest";
import { LogLines } from "./log-lines.ts";

const line = (id: string, timestamp: string, message = id) => ({
  id,
  timestamp,
  level: 20,
  logger: "prefect",
  message,
  taskRunId: null,
});
const at = (seconds: string) => `2026-11-24T14:00:${seconds}Z`;

test("lines that come late, and twice, are shown once and in their place", () => {
  const log = new LogLines();
  expect(log.add([line("a", at("01")), line("c", at("03.5"))])).toBe(2);
  expect(log.add([line("c", at("03.5")), line("b", at("03")), line("d", at("04"))])).toBe(2);
  expect(log.rows.map((row) => row.text)).toEqual(["a", "b", "c", "d"]);
});

test("a message of several lines is as many rows", () => {
  const log = new LogLines();
  log.add([line("a", at("01"), "Traceback\n  File x\nValueError")]);
  log.add([line("b", at("00"), "before")]);
  expect(log.rows.map((row) => `${row.part} ${row.text}`)).toEqual([
    "0 before",
    "0 Traceback",
    "1   File x",
    "2 ValueError",
  ]);
});

test("a pull that has caught up looks back ten seconds, one that has not goes on where it stopped", () => {
  const log = new LogLines();
  log.add([line("a", at("01")), line("b", at("20")), line("c", at("25"))]);
  expect(log.resumeAfter(false)).toEqual({ timestamp: at("25"), id: "c" });
  expect(log.resumeAfter(true)).toEqual({ timestamp: at("01"), id: "a" });
  expect(new LogLines().resumeAfter(true)).toBeUndefined();
});
