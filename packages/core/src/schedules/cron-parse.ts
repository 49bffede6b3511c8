import { WeirError } from "@weir/contracts";

/**
 * A cron expression, expanded. Fields hold the values that match, in order. `day` and `weekday` are null when every day
 * matches; they are the two that `day_or` joins.
 */
export type Cron = {
  second: number[];
  minute: number[];
  hour: number[];
  day: ReadonlySet<number> | null;
  /** `L`: the last day of the month matches too. */
  lastDay: boolean;
  month: ReadonlySet<number>;
  /** Sunday 0 … Saturday 6. */
  weekday: ReadonlySet<number> | null;
  /** Weekday → which of them in the month: 1–5, or 0 for the last. Replaces `weekday` when not empty. */
  nth: ReadonlyMap<number, ReadonlySet<number>>;
  year: ReadonlySet<number> | null;
};

const aliases: Record<string, string> = {
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

type Field = { min: number; max: number; names: string[] };
const months = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const fields: Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
  { min: 0, max: 59, names: [] },
  { min: 1970, max: 2099, names: [] },
];
const [MINUTE, HOUR, DAY, MONTH, WEEKDAY, SECONDS, YEAR] = [0, 1, 2, 3, 4, 5, 6];

type Terms = { values: Set<number>; isStar: boolean; isLast: boolean; nth: Map<number, Set<number>> };

/**
 * Parses cron as croniter does: five fields, a sixth for seconds and a seventh for years *after* them, names, ranges
 * (which may wrap round), steps, lists, `?`, `L` for the last day, `5#2` for the second Friday and `L5` for the last.
 * Hashed and random terms (`H`, `R`) are refused: a schedule says when it fires.
 */
export function parseCron(text: string): Cron {
  const fault = (why: string) => new WeirError("invalid", `Invalid cron string: "${text.slice(0, 200)}". ${why}`);
  const lower = text.toLowerCase();
  const parts = (aliases[lower] ?? lower).split(/\s+/).filter(Boolean);
  if (parts.length < 5 || parts.length > 7) throw fault("It must have 5 fields, or 6 with seconds last.");
  if (text.length > 1000) throw fault("It is too long.");
  const terms = parts.map((part, index) => parseField(part, index, parts.length, fault));
  const of = (index: number): Terms =>
    terms[index] ?? { values: new Set([0]), isStar: false, isLast: false, nth: new Map() };
  const day = of(DAY);
  const weekday = of(WEEKDAY);
  // A field that lists every value is a star, but only beside a field written with one: so croniter has it.
  const anyDay = day.isStar || (day.values.size === 31 && !day.isLast && (parts[WEEKDAY] ?? "").includes("*"));
  const anyWeekday = weekday.isStar || (weekday.values.size === 7 && (parts[DAY] ?? "").includes("*"));
  const plain = [...weekday.values].filter((value) => !weekday.nth.has(value));
  if (weekday.nth.size > 0 && plain.length > 0 && weekday.values.size < 7) {
    throw fault("A day of the week cannot mix plain days with the nth of a month.");
  }
  return {
    second: sorted(of(SECONDS), SECONDS),
    minute: sorted(of(MINUTE), MINUTE),
    hour: sorted(of(HOUR), HOUR),
    day: anyDay ? null : day.values,
    lastDay: day.isLast,
    month: new Set(sorted(of(MONTH), MONTH)),
    weekday: anyWeekday ? null : weekday.values,
    nth: weekday.nth,
    year: parts.length < 7 || of(YEAR).isStar ? null : of(YEAR).values,
  };
}

function sorted({ values, isStar }: Terms, index: number): number[] {
  const { min, max } = fieldAt(index);
  return isStar ? range(min, max, 1) : [...values].sort((a, b) => a - b);
}

function fieldAt(index: number): Field {
  return fields[index] ?? { min: 0, max: 0, names: [] };
}

function parseField(part: string, index: number, count: number, fault: (why: string) => WeirError): Terms {
  const field = fieldAt(index);
  const terms: Terms = { values: new Set(), isStar: false, isLast: false, nth: new Map() };
  const canAsk = index === DAY || index === WEEKDAY;
  const bad = (term: string) => fault(`"${term}" is not a value of field ${index + 1}.`);

  const number = (word: string, whole: string): number => {
    const value = /^\d+$/.test(word) ? Number(word) : field.names.indexOf(word || " ");
    if (value < 0) throw bad(whole);
    if (index === WEEKDAY && value === 7 && count === 5) return 0;
    // With seconds, croniter takes day 0 as the first; without, it refuses it.
    if (index === DAY && value === 0 && count === 6) return 1;
    return value;
  };
  const add = (value: number, nth: number | undefined, whole: string): void => {
    if (value < field.min || value > field.max) throw bad(whole);
    terms.values.add(value);
    if (nth !== undefined) terms.nth.set(value, new Set([...(terms.nth.get(value) ?? []), nth]));
  };

  for (const whole of part === "?" && canAsk ? ["*"] : part.split(",")) {
    let term = whole;
    let nth: number | undefined;
    const special = index === WEEKDAY ? /^(?:(?:([a-z]{3}-[a-z]{3}|\w+)#)|l)(\d+)$/.exec(term) : null;
    if (special?.[1] !== undefined) {
      term = special[1];
      nth = Number(special[2]);
      if (nth < 1 || nth > 5) throw bad(whole);
    } else if (special?.[2] !== undefined) {
      term = special[2];
      nth = 0;
    }
    if (term === "*") terms.isStar = true;
    else if (index === DAY && term === "l") terms.isLast = true;
    else {
      const span = asRange(term, field);
      if (span === undefined) add(number(term, whole), nth, whole);
      else {
        const low = number(span.low, whole);
        const high = index === DAY && span.high === "l" ? 31 : number(span.high, whole);
        if (Math.max(low, high) > field.max || span.step === 0) throw bad(whole);
        for (const value of wrapped(low, high, span.step, field)) add(value, nth, whole);
      }
    }
  }
  return terms;
}

/** A range or a step as `low-high/step`; `undefined` for a single value. */
function asRange(term: string, { min, max }: Field): { low: string; high: string; step: number } | undefined {
  const shape = /^([^-]+)-([^-/]+)(?:\/(\d+))?$/;
  const match =
    shape.exec(term.replace(/^\*(\/.+)$/, `${min}-${max}$1`)) ??
    shape.exec(term.replace(/^(.+)\/(.+)$/, `$1-${max}/$2`));
  if (!match) return undefined;
  return { low: match[1] ?? "", high: match[2] ?? "", step: match[3] === undefined ? 1 : Number(match[3]) };
}

/** The values of a range. One that ends before it begins goes round; one value to itself means the whole cycle. */
function wrapped(low: number, high: number, step: number, { min, max }: Field): number[] {
  if (low === high) return range(min, max, step);
  if (low < high) return range(low, high, step);
  const head = range(low, max, step);
  const last = head[head.length - 1] ?? max;
  // After the wrap croniter goes on one later than the step would, unless the step ends with the cycle.
  const skip = last - min + step > max - min + 1 ? step - (max - last) : 0;
  return [...head, ...range(min + skip, high, step)];
}

function range(low: number, high: number, step: number): number[] {
  const values: number[] = [];
  for (let value = low; value <= high; value += step) values.push(value);
  return values;
}
