import { formatInstant, type Micros, parseInstant } from "@weir/contracts";
import { parseSchedule } from "@weir/core";
import { expect, test } from "vitest";
import { plannedDates } from "./plan-schedules.ts";

const now = parseInstant("2026-11-24T12:00:30Z") as Micros;
const plan = (schedule: object, most = 100) => {
  const { dates, planAt } = plannedDates(parseSchedule(schedule), now, most);
  return { dates: dates.map(formatInstant), planAt: planAt === null ? null : formatInstant(planAt) };
};

test("at least three runs are planned, and looked at again when two are left", () => {
  expect(plan({ cron: "0 0 * * *" })).toEqual({
    dates: ["2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"],
    planAt: "2026-11-25T00:00:01Z",
  });
});

test("at least an hour is planned, and looked at again when less is left", () => {
  const { dates, planAt } = plan({ cron: "*/10 * * * *" });
  expect([dates.length, dates.at(-1), planAt]).toEqual([7, "2026-11-24T13:10:00Z", "2026-11-24T12:10:00Z"]);
});

test("a hundred runs are the most, however often it fires", () => {
  const { dates, planAt } = plan({ interval: 1, anchor_date: "2026-01-01T00:00:00Z" });
  expect([dates.length, planAt]).toEqual([100, "2026-11-24T12:01:00Z"]);
});

test("a schedule that has ended is never looked at again", () => {
  expect(plan({ rrule: "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=3" })).toEqual({ dates: [], planAt: null });
});

test("one that ends soon is planned to its end", () => {
  const ending = plan({ rrule: "DTSTART:20261125T000000\nRRULE:FREQ=DAILY;COUNT=2" });
  expect(ending).toEqual({ dates: ["2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"], planAt: null });
});

test("dates beyond a hundred days are left until they are near", () => {
  const { dates, planAt } = plan({ cron: "0 0 1 10 *" });
  expect([dates, planAt]).toEqual([[], "2027-06-23T00:00:01Z"]);
});

test("a schedule's own maximum holds back what is over it", () => {
  expect(plan({ cron: "0 0 * * *" }, 1)).toEqual({ dates: ["2026-11-25T00:00:00Z"], planAt: "2026-11-25T00:00:01Z" });
  expect(plan({ cron: "0 0 * * *" }, 0).dates).toEqual([]);
});
