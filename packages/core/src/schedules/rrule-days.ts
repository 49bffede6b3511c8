import { civilOf, daysIn, daysOf, isLeap, weekdayOf } from "./calendar.ts";
import type { Recurrence } from "./rrule-parse.ts";

/** True when every part of the rule that speaks of days admits the day (counted from 1970-01-01). */
export function admitsDay(rule: Recurrence, days: number): boolean {
  const { year, month, day } = civilOf(days);
  if (rule.months.length > 0 && !rule.months.includes(month)) return false;
  const weekday = weekdayOf(days);
  if (rule.weekdays.length > 0 && !rule.weekdays.includes(weekday)) return false;
  if (rule.monthDays.length > 0) {
    if (!rule.monthDays.includes(day) && !rule.monthDays.includes(day - daysIn(year, month) - 1)) return false;
  }
  if (rule.yearDays.length > 0) {
    const ofYear = days - daysOf(year, 1, 1) + 1;
    const length = isLeap(year) ? 366 : 365;
    if (!rule.yearDays.includes(ofYear) && !rule.yearDays.includes(ofYear - length - 1)) return false;
  }
  if (rule.nthWeekdays.length > 0 && !isNth(rule, year, month, days, weekday)) return false;
  return rule.weekNumbers.length === 0 || isInWeek(rule, year, days);
}

/** The place is counted in the month; in the year for a yearly rule that names no month. */
function isNth(rule: Recurrence, year: number, month: number, days: number, weekday: number): boolean {
  const isYear = rule.frequency === 0 && rule.months.length === 0;
  const first = isYear ? daysOf(year, 1, 1) : daysOf(year, month, 1);
  const last = isYear ? daysOf(year, 12, 31) : first + daysIn(year, month) - 1;
  const fromStart = Math.floor((days - first) / 7) + 1;
  const fromEnd = -Math.floor((last - days) / 7) - 1;
  return rule.nthWeekdays.some(
    (place) => place.weekday === weekday && (place.nth === fromStart || place.nth === fromEnd),
  );
}

/** Weeks begin on `weekStart`; the first of a year is the one with at least four of its days. */
function isInWeek(rule: Recurrence, year: number, days: number): boolean {
  let first = firstWeek(rule.weekStart, year);
  let next = firstWeek(rule.weekStart, year + 1);
  if (days < first) [first, next] = [firstWeek(rule.weekStart, year - 1), first];
  // The last days of December may belong to week 1, which dateutil does not count from the end.
  if (days >= next) return rule.weekNumbers.includes(1);
  const number = Math.floor((days - first) / 7) + 1;
  const fromEnd = number - (next - first) / 7 - 1;
  const isOfLastYear = first < daysOf(year, 1, 1) - 7;
  return rule.weekNumbers.includes(number) || (rule.weekNumbers.includes(fromEnd) && (!isOfLastYear || fromEnd === -1));
}

function firstWeek(weekStart: number, year: number): number {
  const newYear = daysOf(year, 1, 1);
  const back = (weekdayOf(newYear) - weekStart + 7) % 7;
  return back <= 3 ? newYear - back : newYear - back + 7;
}
