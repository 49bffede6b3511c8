import { parseInstant, SECOND, WeirError } from "@weir/contracts";
import { civilOf, DAY_SECONDS, daysOf, weekdayOf } from "./calendar.ts";
import type { WallSeconds } from "./zone.ts";

/** From the coarsest on; the order decides which parts are taken from the start when they are not given. */
const frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"] as const;

/** One RRULE or EXRULE. Lists are empty when the part is not given. Weekdays are Monday 0 … Sunday 6. */
export type Recurrence = {
  /** Index into `frequencies`. */
  frequency: number;
  interval: number;
  start: WallSeconds;
  until: WallSeconds | undefined;
  count: number | undefined;
  weekStart: number;
  months: number[];
  weekNumbers: number[];
  yearDays: number[];
  monthDays: number[];
  weekdays: number[];
  /** Weekdays with a place in the month or year: `-1FR`. */
  nthWeekdays: { weekday: number; nth: number }[];
  positions: number[];
  hours: number[];
  minutes: number[];
  seconds: number[];
};

/** What an iCalendar text says: dates in, less dates out. All wall-clock seconds. */
export type RecurrenceSet = {
  rules: Recurrence[];
  dates: WallSeconds[];
  exceptRules: Recurrence[];
  exceptDates: WallSeconds[];
};

/** Where rules without a DTSTART begin: the peer's anchor, so that stored rules keep their phase. */
const DEFAULT_START = { wall: daysOf(2020, 1, 1) * DAY_SECONDS, isZoned: false };
const MAX_LENGTH = 6500;
const dayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

type Fault = (why: string) => WeirError;
type DateValue = { wall: WallSeconds; isZoned: boolean };

/**
 * Parses RRULE, EXRULE, RDATE, EXDATE and DTSTART lines as python-dateutil does. Zones in the text are dropped: every
 * time is wall time in the schedule's own zone. Not read: BYEASTER, and dates in free words.
 */
export function parseRecurrence(text: string): RecurrenceSet {
  const fault: Fault = (why) => new WeirError("invalid", `Invalid RRule string "${text.slice(0, 40)}": ${why}`);
  if (text.length > MAX_LENGTH) throw fault(`it may have ${MAX_LENGTH} characters at most, and has ${text.length}.`);
  const lines = text.toUpperCase().split(/\s+/).filter(Boolean);
  if (lines.length === 0) throw fault("it is empty.");
  let start = DEFAULT_START;
  const found = { RRULE: [] as string[], EXRULE: [] as string[] };
  const set: RecurrenceSet = { rules: [], dates: [], exceptRules: [], exceptDates: [] };
  for (const line of lines) {
    const colon = line.indexOf(":");
    const [name = "", ...parms] = colon < 0 ? ["RRULE"] : line.slice(0, colon).split(";");
    const value = line.slice(colon + 1);
    switch (name) {
      case "RRULE":
      case "EXRULE":
        if (parms.length > 0) throw fault(`${name} takes no parameters.`);
        found[name].push(value);
        break;
      case "RDATE":
        if (parms.some((parm) => parm !== "VALUE=DATE-TIME")) throw fault("RDATE takes no parameters.");
        set.dates.push(...value.split(",").map((date) => parseDate(date, fault).wall));
        break;
      case "EXDATE":
        set.exceptDates.push(...value.split(",").map((date) => parseDate(date, fault).wall));
        break;
      case "DTSTART":
        start = parseDate(value, fault);
        if (parms.some((parm) => parm.startsWith("TZID="))) start = { ...start, isZoned: true };
        break;
      default:
        throw fault(`"${name}" is not a property of a schedule.`);
    }
  }
  set.rules = found.RRULE.map((value) => parseRule(value, start, fault));
  set.exceptRules = found.EXRULE.map((value) => parseRule(value, start, fault));
  if (set.rules.length + set.dates.length === 0 && set.exceptRules.length + set.exceptDates.length === 0) {
    throw fault("it has no rule.");
  }
  return set;
}

function parseDate(text: string, fault: Fault): DateValue {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (!match) throw fault(`"${text}" is not a date. Use 20260131T093000.`);
  const [, year, month, day, hour = "00", minute = "00", second = "00", zone] = match;
  const instant = parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (instant === undefined || hour === "24" || second === "60") throw fault(`"${text}" is not a date.`);
  return { wall: instant / SECOND, isZoned: zone !== undefined };
}

function parseRule(value: string, start: DateValue, fault: Fault): Recurrence {
  const parts = new Map<string, string>();
  for (const pair of value.split(";")) {
    const [name = "", given, ...more] = pair.split("=");
    if (!known.has(name) || given === undefined || more.length > 0) throw fault(`unknown part "${pair}".`);
    parts.set(name, given);
  }
  const integers = (name: string, min: number, max: number): number[] => {
    const given = parts.get(name);
    if (given === undefined) return [];
    return given.split(",").map((item) => {
      const number = /^[+-]?\d+$/.test(item) ? Number(item) : Number.NaN;
      if (!(number >= min && number <= max)) throw fault(`${name}=${given} is out of range.`);
      return number;
    });
  };
  const frequency = (frequencies as readonly string[]).indexOf(parts.get("FREQ") ?? "");
  if (frequency < 0) throw fault("FREQ must be YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY.");
  const until = parts.has("UNTIL") ? parseDate(parts.get("UNTIL") ?? "", fault) : undefined;
  if (until && until.isZoned !== start.isZoned)
    throw fault("UNTIL and DTSTART must both have a time zone, or neither.");
  const days = parseWeekdays(parts.get("BYDAY") ?? parts.get("BYWEEKDAY"), frequency, fault);
  const positions = integers("BYSETPOS", -366, 366);
  if (positions.includes(0)) throw fault("BYSETPOS must not be 0.");
  const rule: Recurrence = {
    frequency,
    interval: integers("INTERVAL", 1, 1e9)[0] ?? 1,
    start: start.wall,
    until: until?.wall,
    count: integers("COUNT", 0, 1e9)[0],
    weekStart: parts.has("WKST") ? dayNames.indexOf(parts.get("WKST") ?? "") : 0,
    months: integers("BYMONTH", 1, 12),
    weekNumbers: integers("BYWEEKNO", -53, 53),
    yearDays: integers("BYYEARDAY", -366, 366),
    monthDays: integers("BYMONTHDAY", -31, 31),
    ...days,
    positions,
    hours: integers("BYHOUR", 0, 23),
    minutes: integers("BYMINUTE", 0, 59),
    seconds: integers("BYSECOND", 0, 59),
  };
  if (rule.weekStart < 0) throw fault("WKST must be a day of the week.");
  return withDefaults(rule);
}

const known = new Set(
  "FREQ INTERVAL UNTIL COUNT WKST BYMONTH BYWEEKNO BYYEARDAY BYMONTHDAY BYDAY BYWEEKDAY BYSETPOS BYHOUR BYMINUTE BYSECOND".split(
    " ",
  ),
);

function parseWeekdays(
  given: string | undefined,
  frequency: number,
  fault: Fault,
): Pick<Recurrence, "weekdays" | "nthWeekdays"> {
  const days: Pick<Recurrence, "weekdays" | "nthWeekdays"> = { weekdays: [], nthWeekdays: [] };
  for (const item of given?.split(",") ?? []) {
    const match = /^([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)(?:\(([+-]?\d+)\))?$/.exec(item);
    if (!match || match[1] === "0") throw fault(`"${item}" is not a day of the week.`);
    const weekday = dayNames.indexOf(match[2] ?? "");
    const nth = Number(match[1] ?? match[3] ?? 0);
    // A place has a meaning only in a month or a year; below, dateutil drops it.
    if (nth === 0 || frequency > 1) days.weekdays.push(weekday);
    else days.nthWeekdays.push({ weekday, nth });
  }
  return days;
}

/** What is not given comes from the start: a yearly rule fires on its date, a weekly one on its weekday, at its time. */
function withDefaults(rule: Recurrence): Recurrence {
  const day = Math.floor(rule.start / DAY_SECONDS);
  const time = rule.start - day * DAY_SECONDS;
  const { month, day: monthDay } = civilOf(day);
  const saysDays =
    rule.weekNumbers.length +
      rule.yearDays.length +
      rule.monthDays.length +
      rule.weekdays.length +
      rule.nthWeekdays.length >
    0;
  if (!saysDays) {
    if (rule.frequency === 0 && rule.months.length === 0) rule.months = [month];
    if (rule.frequency <= 1) rule.monthDays = [monthDay];
    if (rule.frequency === 2) rule.weekdays = [weekdayOf(day)];
  }
  if (rule.hours.length === 0 && rule.frequency < 4) rule.hours = [Math.floor(time / 3600)];
  if (rule.minutes.length === 0 && rule.frequency < 5) rule.minutes = [Math.floor(time / 60) % 60];
  if (rule.seconds.length === 0 && rule.frequency < 6) rule.seconds = [time % 60];
  return rule;
}
