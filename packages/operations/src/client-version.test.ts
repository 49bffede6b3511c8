import { expect, test } from "vitest";
import { isBefore } from "./client-version.ts";

test.each([
  ["2.20.27", true],
  ["3.0.0rc20", true],
  ["3.3.12", true],
  ["3.4.10", true],
  ["3.4.11", false],
  ["3.4.11.dev3+gabc", false],
  ["3.10.0", false],
  ["4.0.0", false],
  [undefined, false],
])("%s is of before 3.4.11: %s", (version, before) => {
  expect(isBefore(version, [3, 4, 11])).toBe(before);
});
