import { expect, test } from "vitest";
import { loopbackCallback } from "./loopback.ts";

test.each([
  ["http://localhost:41234", "http://localhost:41234"],
  ["http://127.0.0.1:41234/", "http://127.0.0.1:41234"],
  ["https://localhost:41234", undefined],
  ["http://localhost", undefined],
  ["http://localhost:99999", undefined],
  ["http://localhost:41234/steal", undefined],
  ["http://localhost:41234?x=1", undefined],
  ["http://user:pass@localhost:41234", undefined],
  ["http://localhost.evil.test:41234", undefined],
  ["http://localhost:41234@evil.test", undefined],
  ["http://0.0.0.0:41234", undefined],
  ["https://evil.test", undefined],
  ["javascript:alert(1)", undefined],
])("a callback to %s is taken as %s", (callback, origin) => {
  expect(loopbackCallback(callback)).toBe(origin);
});
