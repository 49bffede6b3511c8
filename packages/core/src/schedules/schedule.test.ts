import { formatInstant, type Micros, parseInstant, WeirError } from "@weir/contracts";
import { describe, expect, test } from "vitest";
import { occurrences, parseSchedule } from "./schedule.ts";

const NEW_YORK = "America/New_York";
const anchor_date = "2025-01-10T09:00:00-05:00";

function dates(schedule: object, from: string, limit = 3, until?: string): string[] {
  const range = { from: parseInstant(from) as Micros, limit };
  const all = until === undefined ? range : { ...range, until: parseInstant(until) as Micros };
  return occurrences(parseSchedule(schedule), all).map(formatInstant);
}

describe("what is not a schedule is refused, with what to mend", () => {
  test.each([
    [null, "must be an object"],
    [{}, '"interval", "cron" or "rrule"'],
    [{ cron: "0 0 * * *", interval: null }, 'cannot have "cron"'],
    [{ cron: "0 0 * * *", anchor_date }, 'cannot have "anchor_date"'],
    [{ cron: 5 }, "must be a string"],
    [{ cron: "0 0 * * *", day_or: "yes" }, "day_or"],
    [{ cron: "0 0 * * *", timezone: "Mars/Olympus" }, 'Invalid timezone: "Mars/Olympus"'],
    [{ cron: "0 0 * * *", timezone: "+02:00" }, "Invalid timezone"],
    [{ cron: "0 0 * * *", timezone: 2 }, "timezone must be a string"],
    [{ interval: 0, anchor_date }, "greater than zero"],
    [{ interval: -60, anchor_date }, "greater than zero"],
    [{ interval: 1e-9, anchor_date }, "greater than zero"],
    [{ interval: "soon", anchor_date }, "greater than zero"],
    [{ interval: 1e300, anchor_date }, "285 years"],
    [{ interval: 60 }, "anchor_date"],
    [{ interval: 60, anchor_date: "tomorrow" }, "anchor_date"],
  ])("%j", (given, message) => {
    expect(() => parseSchedule(given)).toThrow(message);
  });

  test.each([
    "",
    "* * * *",
    "* * * * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "* * * * 7 0",
    "*/0 * * * *",
    "*/x * * * *",
    "1,,2 * * * *",
    "-1 * * * *",
    "? * * * *",
    "* * 1? * *",
    "* * * * mon,5#2",
    "* * * * 5#6",
    "* * * jan-32 *",
    "H * * * *",
    "r(0-10) * * * *",
    "@reboot",
    "0 0 * * * ; rm",
  ])("cron %j", (cron) => {
    expect(() => parseSchedule({ cron })).toThrow(WeirError);
  });

  test.each([
    ["", "empty"],
    ["DTSTART:20250101T000000", "no rule"],
    ["INTERVAL=2", "FREQ must be"],
    ["FREQ=FORTNIGHTLY", "FREQ must be"],
    ["FREQ=DAILY;INTERVAL=0", "INTERVAL=0"],
    ["FREQ=DAILY;BYHOUR=24", "BYHOUR=24"],
    ["FREQ=DAILY;BYDAY=XX", '"XX"'],
    ["FREQ=DAILY;BYSETPOS=0", "BYSETPOS"],
    ["FREQ=DAILY;UNTIL=20260101T000000Z", "UNTIL and DTSTART"],
    ["FREQ=DAILY;UNTIL=20260230", "not a date"],
    ["FREQ=DAILY;BYEASTER=0", "unknown part"],
    ["SUMMARY:lunch", "not a property"],
    [`RRULE:FREQ=DAILY\nRDATE:${"20250101T000000,".repeat(500)}20250101`, "6500 characters"],
  ])("rrule %j", (rrule, message) => {
    expect(() => parseSchedule({ rrule })).toThrow(message);
  });
});

test("an interval may be written as a duration, and a zone be null", () => {
  expect(
    dates({ interval: "P1DT12H", anchor_date: "2026-01-01T00:00:00Z", timezone: null }, "2026-01-01T00:00:01Z", 1),
  ).toEqual(["2026-01-02T12:00:00Z"]);
});

test.each([
  ["before its anchor too", 3600, "2020-01-01T00:30:00Z", ["2020-01-01T01:00:00Z"]],
  ["from its start, included", 3600, "2025-01-10T14:00:00Z", ["2025-01-10T14:00:00Z"]],
  ["to the microsecond", 0.000001, "2026-01-01T00:00:00.000001Z", ["2026-01-01T00:00:00.000001Z"]],
  ["at nine o'clock in summer, anchored in winter", 86_400, "2025-07-01T00:00:00Z", ["2025-07-01T13:00:00Z"]],
])("an interval fires %s", (_, interval, from, expected) => {
  expect(dates({ interval, anchor_date, timezone: NEW_YORK }, from, 1)).toEqual(expected);
});

test("a daily interval is the same dates whenever it is asked, over both changes of the clock", () => {
  const daily = { interval: 86_400, anchor_date: "2025-01-10T02:30:00-05:00", timezone: NEW_YORK };
  const all = dates(daily, "2026-01-01T00:00:00Z", 365);
  for (const at of [0, 50, 66, 67, 68, 200, 303, 304, 305, 306]) {
    expect(dates(daily, all[at] ?? "", 20)).toEqual(all.slice(at, at + 20));
  }
});

test("a list of days fires on the first after a short month, where croniter leaps over it", () => {
  expect(dates({ cron: "0 0 1,30 * *" }, "2025-02-02T00:00:00Z", 2)).toEqual([
    "2025-03-01T00:00:00Z",
    "2025-03-30T00:00:00Z",
  ]);
});

test.each([
  ["cron", { cron: "30 2 * * *", timezone: NEW_YORK }],
  ["rrule", { rrule: "RRULE:FREQ=DAILY;BYHOUR=2;BYMINUTE=30", timezone: NEW_YORK }],
])("%s: a time that the clock skips fires once, and never before the start", (_, schedule) => {
  expect(dates(schedule, "2026-03-07T12:00:00Z", 2)).toEqual(["2026-03-08T06:30:00Z", "2026-03-09T06:30:00Z"]);
  expect(dates(schedule, "2026-03-08T07:00:00Z", 1)).toEqual(["2026-03-09T06:30:00Z"]);
});

test("limit and until bound what is given, and until is included", () => {
  const hourly = { cron: "@hourly" };
  expect(dates(hourly, "2026-01-01T00:00:00Z", 0)).toEqual([]);
  expect(dates(hourly, "2026-01-01T00:00:00Z", 9, "2026-01-01T01:00:00Z")).toHaveLength(2);
  expect(dates(hourly, "2026-01-01T00:00:00Z", 9, "2025-01-01T01:00:00Z")).toEqual([]);
  expect(dates(hourly, "2026-01-01T00:00:00Z", 5000)).toHaveLength(1000);
});

const every = (count: number) => Array.from({ length: count }, (_, index) => index).join(",");

test.each([
  [{ cron: "0 0 30 2 *" }, 0],
  [{ cron: "0 0 31 2,4,6,9,11 *" }, 0],
  [{ cron: "* * * * * * 1999" }, 0],
  [{ rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }, 0],
  [{ rrule: "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30" }, 0],
  [{ rrule: "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1" }, 0],
  [{ rrule: "FREQ=SECONDLY;COUNT=1000000000" }, 0],
  [{ rrule: "FREQ=YEARLY;INTERVAL=1000000000" }, 0],
  [{ rrule: "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY" }, 0],
  [{ rrule: "FREQ=SECONDLY" }, 5],
  [
    {
      rrule: `FREQ=YEARLY;BYMONTH=${every(13).slice(2)};BYMONTHDAY=${every(32).slice(2)};BYHOUR=${every(24)};BYMINUTE=${every(60)};BYSECOND=${every(60)}`,
    },
    5,
  ],
  [{ rrule: `FREQ=DAILY;BYHOUR=${every(24)};BYMINUTE=${every(60)};BYSECOND=${every(60)};BYSETPOS=-1` }, 5],
])("a bomb costs little: %j", (schedule, count) => {
  const begin = performance.now();
  expect(dates({ ...schedule, timezone: NEW_YORK }, "2026-11-24T00:00:00Z", 5)).toHaveLength(count);
  // Tens of milliseconds at most; the margin is for machines that are busy.
  expect(performance.now() - begin).toBeLessThan(500);
});
