import { expect, test } from "vitest";
import { FlowRunFilter } from "./filters.ts";
import { Instant, Limit, Name, Seconds, Tags, Text } from "./inputs.ts";
import { StateInput } from "./orchestration.ts";

test("an absent or null limit is 200, and more than 200 is refused in the words that clients know", () => {
  expect(Limit.parse(null)).toBe(200);
  expect(Limit.parse(0)).toBe(0);
  expect(Limit.safeParse(201).error?.issues[0]?.message).toBe("Invalid limit: must be less than or equal to 200.");
});

test.each([
  [60, 60],
  [0.5, 0.5],
  ["PT1M", 60],
  ["P1DT2H", 93_600],
  ["-PT3.5S", -3.5],
  ["90", 90],
])("the duration %j is %d seconds", (given, seconds) => {
  expect(Seconds.parse(given)).toBe(seconds);
});

test("numbers are instants in seconds or, when too large, milliseconds", () => {
  expect(Instant.parse(1_785_585_600)).toBe("2026-08-01T12:00:00Z");
  expect(Instant.parse(1_785_585_600_000)).toBe("2026-08-01T12:00:00Z");
});

test.each(["a/b", "a%", "a&b", "<a>", "", ".", ".."])("%j is not a name", (name) => {
  expect(Name.safeParse(name).success).toBe(false);
});

test("NUL is taken out of text and tags, repeated tags are one", () => {
  expect(Text.parse("a\u0000b")).toBe("ab");
  expect(Tags.parse(["x", "y\u0000", "x"])).toEqual(["x", "y"]);
});

test("a filter refuses members it does not know, a null member does not constrain", () => {
  expect(FlowRunFilter.safeParse({ nmae: {} }).success).toBe(false);
  expect(FlowRunFilter.parse({ id: null, tags: { all_: null } })).toEqual({ id: null, tags: { all_: null } });
  expect(FlowRunFilter.safeParse({ state: { type: { any_: ["DONE"] } } }).success).toBe(false);
});

test("a proposed state gets its default name, and loses null and unknown details", () => {
  const state = StateInput.parse({
    type: "COMPLETED",
    data: { type: "unpersisted" },
    state_details: { cache_key: null, retriable: true, later: 1 },
  });
  expect(state).toMatchObject({ name: "Completed", message: null, details: { retriable: true } });
  expect(state.details).not.toHaveProperty("cache_key");
  expect(state.details).not.toHaveProperty("later");
  expect(state.data?.text).toBe('{"type":"unpersisted"}');
});
