import { addSeconds, type CatchUp, catchUps, formatInstant, type Micros, parseInstant } from "@weir/contracts";
import { describe, expect, test } from "vitest";
import { CATCH_UP_MOST, missedDates, runsToSkip } from "./catch-up.ts";
import { parseSchedule } from "./schedule.ts";

const at = (text: string) => parseInstant(text) as Micros;
const now = at("2026-11-24T15:00:30Z");

describe("dates that were never planned", () => {
  const missed = (schedule: object, catchUp: CatchUp, since = "2026-11-24T12:00:00Z") =>
    missedDates(parseSchedule(schedule), catchUp, at(since), now).map(formatInstant);
  const hourly = { cron: "0 * * * *" };

  test.each<[CatchUp, string[]]>([
    ["skip", []],
    ["latest", ["2026-11-24T15:00:00Z"]],
    ["all", ["2026-11-24T13:00:00Z", "2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z"]],
  ])("of three hours away, an hourly schedule makes up by its setting: %s", (catchUp, dates) => {
    expect(missed(hourly, catchUp)).toEqual(dates);
  });

  test("all are no more than the most, and the last ones", () => {
    const dates = missed({ cron: "* * * * *" }, "all");
    expect([dates.length, dates.at(-1)]).toEqual([CATCH_UP_MOST, "2026-11-24T15:00:00Z"]);
  });

  test("the latest is found however long ago it was, and none where there was none", () => {
    expect(missed({ cron: "0 0 1 1 *" }, "latest", "2020-06-01T00:00:00Z")).toEqual(["2026-01-01T00:00:00Z"]);
    expect(missed({ cron: "0 0 1 1 *" }, "all", "2026-06-01T00:00:00Z")).toEqual([]);
  });

  test("a schedule that fires each second is found its latest at once", () => {
    const begin = performance.now();
    const every = { interval: 1, anchor_date: "2020-01-01T00:00:00Z" };
    expect(missed(every, "latest", "2020-01-01T00:00:00Z")).toEqual(["2026-11-24T15:00:29Z"]);
    expect(performance.now() - begin).toBeLessThan(100);
  });
});

describe("runs that wait", () => {
  const run = (minutesAgo: number, isMissed = true) => ({
    id: String(minutesAgo),
    due: addSeconds(now, -minutesAgo * 60),
    isMissed,
  });
  const skipped = (runs: ReturnType<typeof run>[], catchUp: CatchUp) =>
    runsToSkip(runs, catchUp, now).map(({ id }) => id);

  test.each<[CatchUp, string[]]>([
    ["skip", ["180", "120", "60"]],
    ["latest", ["180", "120"]],
    ["all", []],
  ])("are let go by the setting: %s", (catchUp, ids) => {
    expect(skipped([run(180), run(120), run(60)], catchUp)).toEqual(ids);
  });

  test("stay where somebody asked for work since they were due", () => {
    expect(skipped([run(180, false), run(120), run(60)], "latest")).toEqual(["120"]);
    expect(skipped([run(120, false)], "skip")).toEqual([]);
  });

  test("stay for a minute: a worker may be about to ask", () => {
    expect(skipped([run(2), run(0.5)], "latest")).toEqual(["2"]);
    expect(skipped([run(0.9), run(0.5)], "skip")).toEqual([]);
  });

  test("none are none", () => {
    for (const catchUp of catchUps) expect(runsToSkip([], catchUp, now)).toEqual([]);
  });
});
