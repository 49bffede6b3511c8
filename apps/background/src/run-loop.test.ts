import type { Services } from "@weir/operations";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runLoop } from "./run-loop.ts";

const services = {} as Services;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a pass that leaves more is followed at once, one that leaves none after the interval", async () => {
  const stopping = new AbortController();
  let passes = 0;
  const pass = async () => {
    passes += 1;
    return passes < 3;
  };
  const done = runLoop(services, { name: "l", intervalMs: 60_000, pass }, stopping.signal, () => undefined);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(passes).toBe(3);
  await vi.advanceTimersByTimeAsync(66_000);
  expect(passes).toBe(4);
  stopping.abort();
  await done;
});

test("a fault is told and the loop goes on", async () => {
  const stopping = new AbortController();
  const told: string[] = [];
  let passes = 0;
  const pass = async () => {
    passes += 1;
    if (passes < 4) throw new Error("the database restarts");
    return false;
  };
  const log = (entry: { message: string; error?: unknown }) => told.push(entry.error ? "fault" : entry.message);
  const done = runLoop(services, { name: "l", intervalMs: 3_600_000, pass }, stopping.signal, log);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told).toEqual(["fault", "fault", "fault", "goes on"]);
  stopping.abort();
  await done;
});

test("a loop that waits stops at once, and one at work when its pass is over", async () => {
  const stopping = new AbortController();
  let finish: (() => void) | undefined;
  const pass = () =>
    new Promise<boolean>((resolve) => {
      finish = () => resolve(false);
    });
  let over = false;
  const done = runLoop(services, { name: "l", intervalMs: 3_600_000, pass }, stopping.signal, () => undefined).then(
    () => {
      over = true;
    },
  );
  await vi.advanceTimersByTimeAsync(1_000);
  stopping.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(over).toBe(false);
  finish?.();
  await done;
  expect(over).toBe(true);
});
