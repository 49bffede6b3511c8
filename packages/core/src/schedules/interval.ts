import { type Micros, SECOND } from "@weir/contracts";
import { DAY_SECONDS } from "./calendar.ts";
import { fromWall, toWall } from "./zone.ts";

/** An interval schedule: `intervalMicros` at least 1. */
export type Interval = { intervalMicros: number; anchor: Micros };

/**
 * Anchor plus k intervals, from the first that is not before `from`. Intervals of a day or more step on the wall clock
 * of the zone, so that nine o'clock stays nine o'clock; shorter ones step on elapsed time, so that an hour is an hour.
 *
 * Where the clock changes we part from the peer, which jumps from the anchor in elapsed time and steps from there: its
 * daily schedule fires an hour off for half the year, depending on when it is asked, and stays moved after a skipped
 * time. Ours are the same dates whoever asks and whenever: one date never becomes two runs.
 */
export function* intervalTimes({ intervalMicros, anchor }: Interval, zone: string, from: Micros): Generator<Micros> {
  if (intervalMicros < DAY_SECONDS * SECOND) {
    for (let k = Math.ceil((from - anchor) / intervalMicros); ; k++) yield (anchor + k * intervalMicros) as Micros;
  }
  const wallAnchor = toWall(anchor, zone);
  // A day early, as the clock may have been put back since the anchor; what is too early is dropped.
  const first = Math.ceil((toWall(from, zone) - wallAnchor) / intervalMicros) - 1;
  for (let k = first; ; k++) {
    const at = fromWall(wallAnchor + k * intervalMicros, zone, "later");
    if (at >= from) yield at;
  }
}
