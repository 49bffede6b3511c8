import { type Micros, SECOND } from "@weir/contracts";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { fromWall, toWall } from "./zone.ts";

const zones = [
  "Europe/Berlin",
  "America/New_York",
  "Asia/Tokyo",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Pacific/Apia",
];
const HOUR = 3600 * SECOND;
const start = Date.UTC(2011, 11, 20) * 1000;

/** What Temporal says itself, asked for every single time. */
function slowly(wall: number, zone: string, disambiguation: "earlier" | "later"): number {
  const plain = Temporal.Instant.fromEpochMilliseconds(wall / 1000)
    .toZonedDateTimeISO("UTC")
    .toPlainDateTime();
  return plain.toZonedDateTime(zone, { disambiguation }).epochMilliseconds * 1000;
}

test.each(zones)("what is remembered of %s changes no answer, in whatever order it is asked", (zone) => {
  // Every seven hours around skipped, repeated and quiet days, then far away and back.
  const walls = Array.from({ length: 400 }, (_, index) => start + index * 7 * HOUR);
  const far = Array.from({ length: 200 }, (_, index) => start + index * 997 * HOUR);
  for (const wall of [...walls, ...far, ...walls.toReversed()]) {
    for (const choice of ["earlier", "later"] as const)
      expect(fromWall(wall, zone, choice)).toBe(slowly(wall, zone, choice));
    const at = Temporal.Instant.fromEpochMilliseconds(wall / 1000).toZonedDateTimeISO(zone);
    expect(toWall(wall as Micros, zone)).toBe(wall + at.offsetNanoseconds / 1000);
  }
});

test("the very moment of a change has the offset after it", () => {
  const change = (Date.UTC(2026, 9, 25, 1) * 1000) as Micros;
  expect(toWall(change, "Europe/Berlin") - change).toBe(HOUR);
  expect(toWall((change - 1) as Micros, "Europe/Berlin") - (change - 1)).toBe(2 * HOUR);
  expect(toWall(change, "Europe/Berlin") - change).toBe(HOUR);
});
