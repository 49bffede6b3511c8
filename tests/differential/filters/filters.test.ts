import { expect, inject, test } from "vitest";
import { compareFilters } from "./compare.ts";

test("random filters find the same, in the same order, as on the peer, but where we differ on purpose", async () => {
  const { same, wrong } = await compareFilters(inject("postgresUrl"), { count: 300, seed: 1 });
  expect(wrong.map((one) => JSON.stringify(one))).toEqual([]);
  expect(same).toBe(300);
}, 240_000);
