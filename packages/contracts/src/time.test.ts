import { expect, test } from "vitest";
import { addSeconds, formatInstant, isAfter, type Micros, parseInstant } from "./time.ts";

test.each([
  ["with a Z", "2026-08-01T12:00:00.123456Z", "2026-08-01T12:00:00.123456Z"],
  [
    "with a space and an offset, as Python prints it",
    "2026-08-01 12:00:00.123456+00:00",
    "2026-08-01T12:00:00.123456Z",
  ],
  ["in another zone", "2026-08-01T12:00:00+02:00", "2026-08-01T10:00:00Z"],
  ["as PostgreSQL prints it", "2026-08-01 12:00:00.5+00", "2026-08-01T12:00:00.500000Z"],
  ["without an offset, which is UTC", "2026-08-01T12:00:00", "2026-08-01T12:00:00Z"],
  ["a bare date", "2026-08-01", "2026-08-01T00:00:00Z"],
  ["with nanoseconds, cut to microseconds", "2026-08-01T12:00:00.123456789Z", "2026-08-01T12:00:00.123456Z"],
  ["on a 31st", "2026-01-31T23:59:59.000001Z", "2026-01-31T23:59:59.000001Z"],
  ["on a leap day", "2028-02-29T00:00:00.500000Z", "2028-02-29T00:00:00.500000Z"],
  ["in the first year, as Python's least instant is", "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00Z"],
  ["in the first century", "0050-06-01T12:00:00.5Z", "0050-06-01T12:00:00.500000Z"],
  ["before 1970", "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"],
])("an instant %s keeps its microseconds", (_, text, canonical) => {
  const micros = parseInstant(text);
  expect(micros === undefined ? undefined : formatInstant(micros)).toBe(canonical);
});

test.each([
  "",
  "yesterday",
  "2026-13-01T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "2026-08-01T12:60:00Z",
  "12:00",
  "2026-04-31T00:00:00.000000Z",
  "2027-02-29T00:00:00.000000Z",
  "2026-08-01T12:00:00.00000xZ",
])("%j is not an instant", (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test("each of many instants is told as itself, however often and in which order", () => {
  const first = parseInstant("2026-08-01T12:00:00Z") ?? (0 as Micros);
  const instants = Array.from({ length: 500 }, (_, index) => (first + index * 7) as Micros);
  for (const instant of [...instants, ...instants.toReversed()]) {
    expect(parseInstant(formatInstant(instant))).toBe(instant);
  }
});

test("a microsecond added is a microsecond later", () => {
  const at = parseInstant("2026-08-01T12:00:00.999999Z");
  expect(at !== undefined && formatInstant(addSeconds(at, 0.000001))).toBe("2026-08-01T12:00:01Z");
});

test("an instant without a fraction is before one with, whatever their texts say", () => {
  expect(isAfter("2026-08-01T12:00:00.5Z", "2026-08-01T12:00:00Z")).toBe(true);
  expect(isAfter("2026-08-01T12:00:00Z", "2026-08-01T12:00:00.5Z")).toBe(false);
});

test("the greatest instant of Python stays in its year", () => {
  const last = parseInstant("9999-12-31T23:59:59.999999Z");
  expect(last !== undefined && formatInstant(last)).toMatch(/^9999-12-31T23:59:59/);
});
