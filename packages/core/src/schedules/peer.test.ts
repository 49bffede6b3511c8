import { readFileSync } from "node:fs";
import { type Micros, parseInstant, WeirError } from "@weir/contracts";
import { expect, test } from "vitest";
import { occurrences, parseSchedule } from "./schedule.ts";
import { toWall } from "./zone.ts";

type Case = {
  schedule: { cron?: string; rrule?: string; interval?: number; anchor_date?: string; timezone: string };
  from: string;
  limit: number;
  until?: string;
  moved?: true;
  expected: number[] | "refused" | "failed" | "slow";
};

const lines = readFileSync(new URL("../../fixtures/schedules.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const cases = lines.map((line) => JSON.parse(line) as Case);

function at(text: string): Micros {
  return parseInstant(text) ?? (Number.NaN as Micros);
}

function ours({ schedule, from, limit, until }: Case): number[] | "refused" {
  try {
    const range = { from: at(from), limit };
    return occurrences(parseSchedule(schedule), until === undefined ? range : { ...range, until: at(until) });
  } catch (error) {
    if (error instanceof WeirError) return "refused";
    throw error;
  }
}

function titled(some: Case[]): [string, Case][] {
  return some.map((one) => [`${JSON.stringify(one.schedule)} from ${one.from}`, one]);
}

// The peer's rrule knows no daylight saving after 2037; ours does.
const LAST = Date.UTC(2037, 11, 31) * 1000;
const known = (dates: number[] | string) => (Array.isArray(dates) ? dates.filter((date) => date < LAST) : dates);

const same = cases.filter(({ expected, moved }) => (Array.isArray(expected) || expected === "refused") && !moved);
test.each(titled(same))("gives the peer's dates: %s", (_, one) => {
  expect(known(ours(one))).toEqual(known(one.expected));
});

const moved = cases.filter((one) => one.moved);
test.each(titled(moved))("keeps the wall clock where the peer leaves it: %s", (_, one) => {
  const { interval = 0, anchor_date: anchor = "", timezone } = one.schedule;
  const dates = ours(one) as Micros[];
  expect(dates.length).toBeGreaterThan(0);
  const step = interval * 1e6;
  for (const date of dates) {
    const off = (((toWall(date, timezone) - toWall(at(anchor), timezone)) % step) + step) % step;
    // Only a time that the clock skips may stand elsewhere, by as much as it skips.
    expect([0, 1800e6, 3600e6]).toContain(off);
  }
});

const hard = cases.filter(({ expected }) => expected === "failed" || expected === "slow");
test.each(titled(hard))("answers what the peer cannot, in order and at once: %s", (_, one) => {
  const begin = performance.now();
  const dates = ours(one) as number[];
  expect(performance.now() - begin).toBeLessThan(500);
  expect(dates).toEqual([...new Set(dates)].sort((a, b) => a - b).filter((date) => date >= at(one.from)));
});
