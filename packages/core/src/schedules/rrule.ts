import { civilOf, DAY_SECONDS, daysIn, daysOf, weekdayOf } from "./calendar.ts";
import { admitsDay } from "./rrule-days.ts";
import type { Recurrence, RecurrenceSet } from "./rrule-parse.ts";
import type { WallSeconds } from "./zone.ts";

/**
 * Looks (a day, or a step of a rule that goes by hours or less) without a result after which a rule is taken to never
 * fire again: 130 years of days, a few milliseconds. A rule with COUNT must be counted from its start and gets more;
 * what an EXRULE swallows costs more than a look and gets fewer.
 */
const FRUITLESS_LOOKS = 50_000;
const COUNTED_LOOKS = 200_000;
const EXCEPTED_TIMES = 5000;

/** Times of a rule from `from` on, rising; earlier ones may come first. */
function* ruleTimes(rule: Recurrence, from: WallSeconds): Generator<WallSeconds> {
  const isCounted = rule.count !== undefined;
  const begin = isCounted ? rule.start : Math.max(rule.start, from);
  let left = rule.count ?? Number.POSITIVE_INFINITY;
  let looks = 0;
  let counted = 0;
  for (const { times, cost } of rule.frequency < 4 ? dayPeriods(rule, begin) : timePeriods(rule, begin)) {
    looks += cost;
    if (isCounted) counted += cost;
    if (looks > FRUITLESS_LOOKS || counted > COUNTED_LOOKS) return;
    for (const time of times) {
      if (rule.until !== undefined && time > rule.until) return;
      if (time < rule.start) continue;
      if (left-- <= 0 || counted > COUNTED_LOOKS) return;
      if (isCounted) counted += 1;
      looks = 0;
      yield time;
    }
  }
}

type Period = { times: Iterable<WallSeconds>; cost: number };
const NONE: WallSeconds[] = [];
/** Nothing is scheduled beyond the year 9999. */
const END_DAY = 2_932_897;

/** Years, months, weeks or days of a rule: the days that it admits, at its times. Each day looked at costs one. */
function* dayPeriods(rule: Recurrence, from: WallSeconds): Generator<Period> {
  const times = timesOfDay(rule);
  const startDay = Math.floor(rule.start / DAY_SECONDS);
  const fromDay = Math.floor(from / DAY_SECONDS);
  for (let k = Math.max(0, firstPeriod(rule, startDay, fromDay)); ; k++) {
    const [first, end] = periodDays(rule, startDay, k);
    if (!(end < END_DAY)) return;
    const days: number[] = [];
    // With places every day of the period counts, the past ones too.
    const since = rule.positions.length > 0 ? first : Math.max(first, fromDay);
    for (let day = since; day < end; day++) if (admitsDay(rule, day)) days.push(day);
    const all = rule.positions.length > 0 ? select(rule.positions, days, times) : timesOn(days, times);
    yield { times: days.length > 0 ? all : NONE, cost: end - first };
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

function* timesOn(days: number[], times: number[]): Generator<WallSeconds> {
  for (const day of days) for (const time of times) yield day * DAY_SECONDS + time;
}

/** What BYSETPOS leaves: the times at its places among all times on the days. */
function select(positions: number[], days: number[], times: number[]): WallSeconds[] {
  const chosen: WallSeconds[] = [];
  for (const place of placesOf(positions, days.length * times.length)) {
    const day = days[Math.floor(place / times.length)];
    const time = times[place % times.length];
    if (day !== undefined && time !== undefined) chosen.push(day * DAY_SECONDS + time);
  }
  return chosen;
}

/** Places counted from 0, rising, each once; a negative position counts from the end. */
function placesOf(positions: number[], size: number): number[] {
  const places = new Set(positions.map((position) => (position > 0 ? position - 1 : size + position)));
  return [...places].filter((place) => place >= 0 && place < size).sort((a, b) => a - b);
}

/** Hours, minutes or seconds of a rule, `interval` apart. What a filter refuses is stepped over at once. */
function* timePeriods(rule: Recurrence, from: WallSeconds): Generator<Period> {
  const unit = rule.frequency === 4 ? 3600 : rule.frequency === 5 ? 60 : 1;
  const step = unit * rule.interval;
  const base = Math.floor(rule.start / unit) * unit;
  const offsets = withinUnit(rule);
  if (offsets.length === 0) return;
  let admitted: number | undefined;
  for (let at = base + Math.max(0, Math.floor((from - base) / step)) * step; at < END_DAY * DAY_SECONDS; ) {
    const day = Math.floor(at / DAY_SECONDS);
    const isAdmitted = day === admitted || admitsDay(rule, day);
    if (isAdmitted) admitted = day;
    const refused = isAdmitted ? refusedUntil(rule, at) : (day + 1) * DAY_SECONDS;
    if (refused !== undefined) at += Math.max(1, Math.ceil((refused - at) / step)) * step;
    yield { times: refused === undefined ? offsets.map((offset) => at + offset) : NONE, cost: 1 };
    if (refused === undefined) at += step;
  }
}

/** The end of the hour, minute or second that the rule does not admit; `undefined` when it admits all three. */
function refusedUntil(rule: Recurrence, at: WallSeconds): WallSeconds | undefined {
  const time = ((at % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
  if (rule.hours.length > 0 && !rule.hours.includes(Math.floor(time / 3600))) return at - (time % 3600) + 3600;
  if (rule.frequency < 5) return undefined;
  if (rule.minutes.length > 0 && !rule.minutes.includes(Math.floor(time / 60) % 60)) return at - (time % 60) + 60;
  if (rule.frequency < 6) return undefined;
  return rule.seconds.length > 0 && !rule.seconds.includes(time % 60) ? at + 1 : undefined;
}

/** Seconds after the beginning of a step at which the rule fires; none when its places are beyond what a step has. */
function withinUnit(rule: Recurrence): number[] {
  const minutes = rule.frequency === 4 ? rule.minutes : [0];
  const seconds = rule.frequency === 6 ? [0] : rule.seconds;
  const all = [...ascending(minutes.flatMap((minute) => seconds.map((second) => minute * 60 + second)))];
  if (rule.positions.length === 0) return all;
  return placesOf(rule.positions, all.length).flatMap((place) => all[place] ?? []);
}

/**
 * Times of a set from `from` on, rising and each once: its rules and dates, less what it excepts. No earlier wall time is
 * of use, since none is placed after `from`: of a time shown twice it is the first showing that counts.
 */
export function* recurrenceTimes(set: RecurrenceSet, from: WallSeconds): Generator<WallSeconds> {
  const included = merge([...set.rules.map((rule) => ruleTimes(rule, from)), ascending(set.dates)]);
  const excepted = merge([...set.exceptRules.map((rule) => ruleTimes(rule, from)), ascending(set.exceptDates)]);
  let except = excepted.next();
  let left = EXCEPTED_TIMES;
  for (const time of included) {
    if (time < from) continue;
    while (!except.done && except.value < time) except = excepted.next();
    if (!except.done && except.value === time) {
      if (left-- <= 0) return;
      continue;
    }
    left = EXCEPTED_TIMES;
    yield time;
  }
}

function ascending(dates: WallSeconds[]): IterableIterator<WallSeconds> {
  return [...dates].sort((a, b) => a - b).values();
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
