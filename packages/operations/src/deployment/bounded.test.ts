import { expect, test } from "vitest";
import { withinTime } from "./bounded.ts";

/** Keeps this thread from working for a while, as a busy machine does. */
const starve = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test("what ends gives what it found, and a fault of its own is thrown on", () => {
  expect(withinTime(() => 7)).toEqual({ done: 7 });
  expect(() =>
    withinTime(() => {
      throw new RangeError("mine");
    }),
  ).toThrow("mine");
});

test.each([
  [
    "a loop",
    () => {
      for (;;);
    },
  ],
  ["a pattern", () => /^(a+)+$/.test(`${"a".repeat(60)}b`)],
])("%s that never ends is stopped, on a busy machine too within three seconds of work", (_, work) => {
  const began = process.cpuUsage();
  expect(withinTime(work)).toBeUndefined();
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(3000);
});

test("what had no chance to work is tried again, with more patience", () => {
  let attempts = 0;
  const slow = () => {
    attempts += 1;
    // The watch cannot stop a wait: it strikes at the next thing done, as on a machine that wakes us too late.
    if (attempts === 1) {
      starve(400);
      for (let turn = 0; turn < 1e7; turn += 1);
    }
    return "done";
  };
  expect(withinTime(slow)).toEqual({ done: "done" });
  expect(attempts).toBe(2);
});
