import { Ratelimit } from "@upstash/ratelimit";
import { expect, test } from "vitest";
import { memoryLimiter } from "./memory-limiter.ts";

function limiter(limit: number) {
  const clock = { now: 1_000_000 };
  const counted = new Ratelimit({ redis: {} as never, limiter: memoryLimiter(limit, () => clock.now) });
  const spend = async (key: string, rate = 1) => (await counted.limit(key, { rate })).success;
  return { clock, spend, left: async (key: string) => (await counted.getRemaining(key)).remaining };
}

test("a minute's allowance may be spent at once, and comes back evenly", async () => {
  const { clock, spend } = limiter(60);
  for (let call = 0; call < 60; call += 1) expect(await spend("a")).toBe(true);
  expect(await spend("a")).toBe(false);
  clock.now += 999;
  expect(await spend("a")).toBe(false);
  clock.now += 1;
  expect(await spend("a")).toBe(true);
  clock.now += 3_600_000;
  for (let call = 0; call < 60; call += 1) expect(await spend("a")).toBe(true);
  expect(await spend("a")).toBe(false);
});

test("a cost is paid whole or not at all", async () => {
  const { spend, left } = limiter(100);
  expect(await spend("a", 70)).toBe(true);
  expect(await spend("a", 31)).toBe(false);
  expect(await left("a")).toBe(30);
  expect(await spend("a", 30)).toBe(true);
});

test("keys do not know of each other, and full ones are forgotten", async () => {
  const { clock, spend } = limiter(1);
  for (let key = 0; key < 3_000; key += 1) {
    expect(await spend(`k${key}`)).toBe(true);
    clock.now += 60;
  }
  expect(await spend("k2999")).toBe(false);
  expect(await spend("k0")).toBe(true);
});
