import { type Civil, civilOf, DAY_SECONDS, daysIn, daysOf, weekdayOf } from "./calendar.ts";
import type { Cron } from "./cron-parse.ts";
import type { WallSeconds } from "./zone.ts";

/** Years without a match after which an expression is taken to never fire, as croniter does. */
const HORIZON_YEARS = 50;

/**
 * Wall-clock times that match, after `after`, rising. Ends when none comes within 50 years; a day costs one look, so an
 * expression that never fires (30 February) costs a millisecond or two. Where a list names days that a month lacks
 * (`1,30` in February) croniter leaps over the first of the next month; we do not.
 */
export function* cronTimes(cron: Cron, dayOr: boolean, after: WallSeconds): Generator<WallSeconds> {
  let day = Math.floor(after / DAY_SECONDS);
  let lastYear = civilOf(day).year + HORIZON_YEARS;
  for (let date = civilOf(day); date.year <= lastYear; date = civilOf(day)) {
    if (!cron.month.has(date.month) || (cron.year !== null && !cron.year.has(date.year))) {
      day = daysOf(date.year, date.month, daysIn(date.year, date.month)) + 1;
      continue;
    }
    if (isDay(cron, dayOr, date, day)) {
      lastYear = date.year + HORIZON_YEARS;
      yield* timesOfDay(cron, day * DAY_SECONDS, after);
    }
    day += 1;
  }
}

function* timesOfDay(cron: Cron, midnight: WallSeconds, after: WallSeconds): Generator<WallSeconds> {
  for (const hour of cron.hour) {
    if (midnight + hour * 3600 + 3599 <= after) continue;
    for (const minute of cron.minute) {
      const start = midnight + hour * 3600 + minute * 60;
      if (start + 59 <= after) continue;
      for (const second of cron.second) if (start + second > after) yield start + second;
    }
  }
}

function isDay(cron: Cron, dayOr: boolean, date: Civil, days: number): boolean {
  const byDate =
    cron.day === null || cron.day.has(date.day) || (cron.lastDay && date.day === daysIn(date.year, date.month));
  const weekday = (weekdayOf(days) + 1) % 7;
  // With `#` croniter leaves the day of the month out of the union: only the nth weekdays fire.
  if (cron.nth.size > 0) return isNth(cron, date, weekday) && (byDate || (dayOr && cron.weekday !== null));
  if (cron.weekday === null) return byDate;
  const byWeekday = cron.weekday.has(weekday);
  if (cron.day === null) return byWeekday;
  return dayOr ? byDate || byWeekday : byDate && byWeekday;
}

function isNth(cron: Cron, date: Civil, weekday: number): boolean {
  const which = cron.nth.get(weekday);
  if (which === undefined) return false;
  return which.has(Math.ceil(date.day / 7)) || (which.has(0) && date.day + 7 > daysIn(date.year, date.month));
}
