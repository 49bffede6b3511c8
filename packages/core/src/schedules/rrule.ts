import { civilOf, DAY_SECONDS, daysIn, daysOf, weekdayOf } from "./calendar.ts";
import { admitsDay } from "./rrule-days.ts";
import type { Recurrence, RecurrenceSet } from "./rrule-parse.ts";
import type { WallSeconds } from "./zone.ts";

/**
 * Looks (a day, or a step of a rule that goes by hours or less) without a result after which a rule is taken to never
 * fire again: 130 years of days, a few milliseconds. A rule with COUNT must be counted from its start and gets more.
 */
const FRUITLESS_LOOKS = 50_000;
const COUNTED_LOOKS = 500_000;

/** Times of a rule that may be at or after `from`, rising; earlier ones may come first. */
function* ruleTimes(rule: Recurrence, from: WallSeconds): Generator<WallSeconds> {
  let left = rule.count ?? Number.POSITIVE_INFINITY;
  let looks = 0;
  let looksInAll = 0;
  const periods = rule.frequency < 4 ? dayPeriods(rule, skipTo(rule, from)) : timePeriods(rule, skipTo(rule, from));
  for (const { times, cost } of periods) {
    looks += cost;
    looksInAll += cost;
    if (looks > FRUITLESS_LOOKS || looksInAll > COUNTED_LOOKS) return;
    for (const time of times) {
      if (rule.until !== undefined && time > rule.until) return;
      if (time < rule.start) continue;
      if (left-- <= 0) return;
      looks = 0;
      looksInAll += 1;
      yield time;
    }
    if (rule.count === undefined) looksInAll = 0;
  }
}

/** Where to begin instead of the start: counted rules must be counted through. Two days early, for clocks that change. */
function skipTo(rule: Recurrence, from: WallSeconds): WallSeconds {
  return rule.count === undefined ? Math.max(rule.start, from - 2 * DAY_SECONDS) : rule.start;
}

type Period = { times: WallSeconds[]; cost: number };
const NONE: WallSeconds[] = [];

/** Years, months, weeks or days of a rule: the days that it admits, at its times. Each day looked at costs one. */
function* dayPeriods(rule: Recurrence, from: WallSeconds): Generator<Period> {
  const times = timesOfDay(rule);
  const startDay = Math.floor(rule.start / DAY_SECONDS);
  const fromDay = Math.floor(from / DAY_SECONDS);
  for (let k = Math.max(0, firstPeriod(rule, startDay, fromDay)); ; k++) {
    const [first, end] = periodDays(rule, startDay, k);
    // Nothing is scheduled beyond the year 9999, nor in numbers that would not be exact.
    if (!(end < 2_932_897)) return;
    const days: number[] = [];
    for (let day = first; day < end; day++) if (admitsDay(rule, day)) days.push(day);
    yield { times: select(rule, days, times), cost: end - first };
  }
}

function firstPeriod(rule: Recurrence, startDay: number, fromDay: number): number {
  const start = civilOf(startDay);
  const from = civilOf(fromDay);
  if (rule.frequency === 0) return Math.floor((from.year - start.year) / rule.interval);
  if (rule.frequency === 1) {
    return Math.floor(((from.year - start.year) * 12 + from.month - start.month) / rule.interval);
  }
  return Math.floor((fromDay - startDay) / (rule.interval * (rule.frequency === 2 ? 7 : 1)));
}

/** The days `[first, end)` of period `k`. The first week begins on the start itself, later ones on `weekStart`. */
function periodDays(rule: Recurrence, startDay: number, k: number): [number, number] {
  const { year, month } = civilOf(startDay);
  switch (rule.frequency) {
    case 0: {
      const at = year + k * rule.interval;
      return [daysOf(at, 1, 1), daysOf(at + 1, 1, 1)];
    }
    case 1: {
      const months = month - 1 + k * rule.interval;
      const at = { year: year + Math.floor(months / 12), month: (months % 12) + 1 };
      const first = daysOf(at.year, at.month, 1);
      return [first, first + daysIn(at.year, at.month)];
    }
    case 2: {
      const monday = startDay - ((weekdayOf(startDay) - rule.weekStart + 7) % 7) + 7 * k * rule.interval;
      return [Math.max(monday, startDay), monday + 7];
    }
    default:
      return [startDay + k * rule.interval, startDay + k * rule.interval + 1];
  }
}

function timesOfDay(rule: Recurrence): number[] {
  return rule.hours
    .flatMap((hour) =>
      rule.minutes.flatMap((minute) => rule.seconds.map((second) => hour * 3600 + minute * 60 + second)),
    )
    .sort((a, b) => a - b);
}

/** The times on the days, or with BYSETPOS those at its places among them. */
function select(rule: Recurrence, days: number[], times: number[]): WallSeconds[] {
  if (days.length === 0) return NONE;
  if (rule.positions.length === 0) return days.flatMap((day) => times.map((time) => day * DAY_SECONDS + time));
  const size = days.length * times.length;
  const places = new Set(rule.positions.map((position) => (position > 0 ? position - 1 : size + position)));
  const chosen: WallSeconds[] = [];
  for (const place of [...places].sort((a, b) => a - b)) {
    const day = days[Math.floor(place / times.length)];
    const time = times[place % times.length];
    if (place >= 0 && day !== undefined && time !== undefined) chosen.push(day * DAY_SECONDS + time);
  }
  return chosen;
}

/** Hours, minutes or seconds of a rule, `interval` apart. What a filter refuses is stepped over at once. */
function* timePeriods(rule: Recurrence, from: WallSeconds): Generator<Period> {
  const unit = rule.frequency === 4 ? 3600 : rule.frequency === 5 ? 60 : 1;
  const step = unit * rule.interval;
  const base = Math.floor(rule.start / unit) * unit;
  const last = 2_932_896 * DAY_SECONDS;
  for (let at = base + Math.max(0, Math.floor((from - base) / step)) * step; at < last; ) {
    const refused = refusedUntil(rule, at);
    if (refused !== undefined) {
      at += Math.max(1, Math.ceil((refused - at) / step)) * step;
      yield { times: NONE, cost: 1 };
      continue;
    }
    yield { times: withinUnit(rule, at), cost: 1 };
    at += step;
  }
}

/** The end of the day, hour or minute that the rule does not admit; `undefined` when it admits all three. */
function refusedUntil(rule: Recurrence, at: WallSeconds): WallSeconds | undefined {
  const day = Math.floor(at / DAY_SECONDS);
  if (!admitsDay(rule, day)) return (day + 1) * DAY_SECONDS;
  const time = at - day * DAY_SECONDS;
  if (rule.hours.length > 0 && !rule.hours.includes(Math.floor(time / 3600))) return at - (time % 3600) + 3600;
  if (rule.frequency < 5) return undefined;
  if (rule.minutes.length > 0 && !rule.minutes.includes(Math.floor(time / 60) % 60)) return at - (time % 60) + 60;
  if (rule.frequency < 6) return undefined;
  return rule.seconds.length > 0 && !rule.seconds.includes(time % 60) ? at + 1 : undefined;
}

function withinUnit(rule: Recurrence, at: WallSeconds): WallSeconds[] {
  const ascending = (list: number[]) => [...list].sort((a, b) => a - b);
  let times = [0];
  if (rule.frequency === 4) {
    times = ascending(rule.minutes).flatMap((minute) => ascending(rule.seconds).map((second) => minute * 60 + second));
  } else if (rule.frequency === 5) times = ascending(rule.seconds);
  if (rule.positions.length > 0) {
    const places = new Set(rule.positions.map((position) => (position > 0 ? position - 1 : times.length + position)));
    times = times.filter((_, index) => places.has(index));
  }
  return times.map((time) => at + time);
}

/** Times of a set that may be at or after `from`, rising and each once: its rules and dates, less what it excepts. */
export function* recurrenceTimes(set: RecurrenceSet, from: WallSeconds): Generator<WallSeconds> {
  const included = merge([...set.rules.map((rule) => ruleTimes(rule, from)), ascendingDates(set.dates)]);
  const excepted = merge([...set.exceptRules.map((rule) => ruleTimes(rule, from)), ascendingDates(set.exceptDates)]);
  let except = excepted.next();
  // An EXRULE may swallow every time there is.
  let left = COUNTED_LOOKS;
  for (const time of included) {
    while (!except.done && except.value < time) except = excepted.next();
    if (left-- <= 0) return;
    // Far too early: not worth a place on the line of time.
    if (time < from - DAY_SECONDS || (!except.done && except.value === time)) continue;
    left = FRUITLESS_LOOKS;
    yield time;
  }
}

function ascendingDates(dates: WallSeconds[]): Generator<WallSeconds> {
  return [...dates].sort((a, b) => a - b)[Symbol.iterator]() as Generator<WallSeconds>;
}

function* merge(sources: Iterator<WallSeconds>[]): Generator<WallSeconds> {
  const heads = sources.map((source) => ({ source, head: source.next() }));
  let before: WallSeconds | undefined;
  for (;;) {
    let least: (typeof heads)[number] | undefined;
    for (const entry of heads) {
      if (!entry.head.done && (least === undefined || entry.head.value < least.head.value)) least = entry;
    }
    if (least === undefined) return;
    const time: WallSeconds = least.head.value;
    least.head = least.source.next();
    if (time !== before) yield time;
    before = time;
  }
}
