import { expect, test } from "vitest";
import { safeNext } from "./next-path.ts";

test.each([
  ["/local/default/runs?state=FAILED", "/local/default/runs?state=FAILED"],
  ["/auth/client?callback=http%3A//localhost%3A4000", "/auth/client?callback=http%3A//localhost%3A4000"],
  ["//evil.test", undefined],
  ["/\\evil.test", undefined],
  ["/\t/evil.test", undefined],
  ["/a/..//evil.test", undefined],
  ["https://evil.test/", undefined],
  ["javascript:alert(1)", undefined],
  ["", undefined],
  [null, undefined],
])("sign-in asked to go on to %j goes to %j", (next, path) => {
  expect(safeNext(next)).toBe(path);
});
