import { expect, test, vi } from "vitest";
import { HOLD_MS, heldUntil } from "./held-calls.ts";

test("calls that came together are held for different times, none longer than promised", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const now = performance.now();
  const times = [0, 0.25, 0.5, 0.75].map((random) => heldUntil(random) - now);
  vi.useRealTimers();
  expect(times).toEqual([5_000, 4_500, 4_000, 3_500]);
  expect(Math.max(...times)).toBe(HOLD_MS);
});
