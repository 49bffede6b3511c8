import { type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareTransitions } from "./transitions.ts";

let base: TestDatabase;
beforeAll(async () => {
  base = await testDatabase();
});
afterAll(() => base.drop());

test("random sequences of proposals end as with the peer's own code, state by state, count by count, time by time", async () => {
  const { sequences, proposals, wrong } = await compareTransitions(base, { count: 150, seed: 7 });
  expect(wrong).toEqual([]);
  expect(sequences).toBe(150);
  expect(proposals).toBeGreaterThan(500);
});
