import { expect, test } from "vitest";
import { SignInThrottle } from "./throttle.ts";

test("the sixth try within a minute waits, and a minute later it may go on", () => {
  let now = 1_000_000;
  const throttle = new SignInThrottle(() => now);
  for (let i = 0; i < 5; i++) {
    expect(throttle.waitSeconds("ada")).toBe(0);
    throttle.failed("ada");
  }
  expect(throttle.waitSeconds("ada")).toBe(60);
  expect(throttle.waitSeconds("lin")).toBe(0);
  now += 60_000;
  expect(throttle.waitSeconds("ada")).toBe(0);
  throttle.failed("ada");
  expect(throttle.waitSeconds("ada")).toBe(0);
});

test("signing in forgets earlier failures", () => {
  const throttle = new SignInThrottle(() => 0);
  for (let i = 0; i < 4; i++) throttle.failed("ada");
  throttle.succeeded("ada");
  throttle.failed("ada");
  expect(throttle.waitSeconds("ada")).toBe(0);
});
