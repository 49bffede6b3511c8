import { databaseNow, openDb } from "@weir/db";
import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseClock, systemClock, withReading } from "./clock.ts";

const FIVE_MINUTES = 300e6;
const A_SECOND = 1e6;

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

test("processes of machines whose clocks are minutes apart agree with their database on the time", async () => {
  const machine = systemClock();
  for (const ahead of [-FIVE_MINUTES, 0, FIVE_MINUTES]) {
    const { clock, ready, stop } = databaseClock(base.db, () => machine() + ahead);
    await ready;
    stop();
    const began = clock();
    const there = await databaseNow(base.db);
    const ended = clock();
    expect(there - began).toBeGreaterThan(-A_SECOND);
    expect(ended - there).toBeGreaterThan(-A_SECOND);
    expect(ended - began).toBeLessThan(FIVE_MINUTES / 2);
  }
});

test("a clock without a database goes with the machine's", async () => {
  const nobody = openDb({ url: "postgresql://127.0.0.1:1/nobody" });
  const { clock, ready, stop } = databaseClock(nobody, () => 1_000);
  await ready;
  stop();
  expect([clock(), clock(), clock()]).toEqual([1_000, 1_001, 1_002]);
  await nobody.close();
});

test("a slow reading changes nothing, one that contradicts the others replaces them", () => {
  const known = [
    { ahead: 1_000, took: 400 },
    { ahead: 1_100, took: 900 },
  ];
  const slow = { ahead: 250_000, took: 600_000 };
  expect(withReading(known, slow)).toEqual([...known, slow]);
  const set = { ahead: FIVE_MINUTES, took: 500 };
  expect(withReading(known, set)).toEqual([set]);
  expect(withReading(Array(8).fill(known[0]), set)).toEqual([set]);
  expect(withReading(Array(8).fill(known[0]), known[1] ?? set)).toHaveLength(8);
});
