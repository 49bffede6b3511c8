import { addSeconds, type CatchUp, type Micros } from "@weir/contracts";
import { occurrences, type Schedule } from "./schedule.ts";

/** The most dates that are made up for after Weir was away; of more, the last ones. */
export const CATCH_UP_MOST = 100;

/** A date counts as missed when nobody asked for work from then until so much later. */
export const MISSED_SECONDS = 60;

/** The window looked through first, going back from now; each next one is so many times as long. */
const FIRST_SECONDS = 60;
const GROWTH = 2;

/** The dates after `since` and before `now` that were never planned and are to be made up for, rising. */
export function missedDates(schedule: Schedule, catchUp: CatchUp, since: Micros, now: Micros): Micros[] {
  if (catchUp === "skip") return [];
  const wanted = catchUp === "latest" ? 1 : CATCH_UP_MOST;
  for (let seconds = FIRST_SECONDS; ; seconds *= GROWTH) {
    const from = Math.max(addSeconds(now, -seconds), since + 1) as Micros;
    const dates = occurrences(schedule, { from, until: (now - 1) as Micros, limit: Number.POSITIVE_INFINITY });
    if (dates.length >= wanted || from === since + 1) return dates.slice(-wanted);
  }
}

/** A run of a schedule that waits and is due. `isMissed`: nobody asked for work since. */
export type OverdueRun = { id: string; due: Micros; isMissed: boolean };

/** Which overdue runs of a schedule are to be let go. Runs that somebody could have had, and did not take, stay. */
export function runsToSkip(overdue: readonly OverdueRun[], catchUp: CatchUp, now: Micros): OverdueRun[] {
  if (catchUp === "all") return [];
  const last = Math.max(...overdue.map(({ due }) => due));
  const longAgo = addSeconds(now, -MISSED_SECONDS);
  return overdue.filter(({ due, isMissed }) => isMissed && due <= longAgo && (catchUp === "skip" || due < last));
}
