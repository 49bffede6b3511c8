import { addSeconds, formatInstant, type Micros, parseInstant, SECOND, WeirError } from "@weir/contracts";
import type { EventCount, EventQuery, WorkspaceStore } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { EventFilter, toQuery } from "./filter.ts";

/** Time is cut from this Monday on, so that a bucket is the same whenever it is asked for. */
const PIVOT = parseInstant("2024-04-01T00:00:00Z") ?? (0 as Micros);

const UNIT_SECONDS = { week: 604_800, day: 86_400, hour: 3_600, minute: 60, second: 1 } as const;

/** No answer has more buckets, or more names or resources. */
const MOST = 1_000;

/** How many events match a filter: in each stretch of time (empty ones too), of each name, or of each resource. */
export const countEvents = defineVerb({
  name: "event.count",
  permission: "see_events",
  input: z.object({
    countable: z.enum(["day", "time", "event", "resource"]),
    filter: EventFilter.nullish(),
    time_unit: z.enum(["week", "day", "hour", "minute", "second"]).nullish(),
    time_interval: z.number().min(0.01, "Input should be greater than or equal to 0.01").nullish(),
  }),
  async run({ store, now }, { countable, filter, time_unit, time_interval }): Promise<EventCount[]> {
    const query = toQuery(filter, now);
    const isDay = countable === "day";
    const seconds = isDay ? UNIT_SECONDS.day : UNIT_SECONDS[time_unit ?? "day"] * (time_interval ?? 1);
    const buckets = Math.ceil(spanOf(query) / (seconds * SECOND));
    if (buckets > MOST) throw new WeirError("invalid", tooMany(buckets));
    if (countable === "event" || countable === "resource") return store.events.countBy(query, countable, MOST);
    return byTime(store, query, seconds, now);
  },
});

function spanOf({ occurred }: EventQuery): number {
  return (parseInstant(occurred.until) ?? 0) - (parseInstant(occurred.since) ?? 0);
}

function tooMany(buckets: number): string {
  return `The given interval would create ${buckets} buckets, which is too many. Please increase the interval or reduce the time range to produce ${MOST} buckets or fewer.`;
}

/** Every bucket from that of `since` to that of `until`, none that lies in the future. */
async function byTime(store: WorkspaceStore, query: EventQuery, seconds: number, now: Micros): Promise<EventCount[]> {
  const length = seconds * SECOND;
  const numberOf = (instant: number) => Math.floor((instant - PIVOT) / length);
  const first = numberOf(parseInstant(query.occurred.since) ?? now);
  const last = numberOf(Math.min((parseInstant(query.occurred.until) ?? now) - 1, now));
  const found = await store.events.countByTime(query, formatInstant(PIVOT), seconds);
  const counts = new Map(found.map(({ interval, count }) => [interval, count]));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const start = addSeconds(PIVOT, (first + index) * seconds);
    return {
      value: String(index),
      label: formatInstant(start),
      count: counts.get(first + index) ?? 0,
      start_time: formatInstant(start),
      end_time: formatInstant((addSeconds(start, seconds) - 1) as Micros),
    };
  });
}
