import { expect, test } from "vitest";
import { Refusals } from "./refusals.ts";

test("refusals are told since they began, until there was none for a minute", () => {
  let now = 1_000;
  const refusals = new Refusals(() => now);
  expect(refusals.of("a")).toEqual([]);
  for (let turn = 0; turn < 3; turn += 1) {
    refusals.note("api", "a", 60);
    now += 50_000;
  }
  const [told] = refusals.of("a");
  expect(told).toEqual({ what: "API calls", perMinute: 60, refused: 3, since: 1_000_000, last: 101_000_000 });
  expect(refusals.of("b")).toEqual([]);
  now += 10_000;
  expect(refusals.of("a")).toEqual([]);
  refusals.note("events", "a", 10);
  expect(refusals.of("a")).toMatchObject([{ what: "log lines and events", refused: 1 }]);
});
