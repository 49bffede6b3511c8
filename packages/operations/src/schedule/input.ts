import {
  type CatchUp,
  catchUps,
  Document,
  EMPTY_OBJECT,
  formatInstant,
  type Micros,
  Seconds,
  toWire,
  WeirError,
} from "@weir/contracts";
import { occurrences, parseSchedule } from "@weir/core";
import type { NewSchedule, SchedulePatch, ScheduleRow } from "@weir/db";
import { z } from "zod";
import { newId } from "../ids.ts";

/** More runs at once no schedule may ask for. */
const MAX_SCHEDULED_RUNS = 100;

/** More the column does not hold. */
const MAX_INT = 2 ** 31 - 1;

const fields = {
  max_scheduled_runs: z
    .number()
    .int()
    .min(1, "Input should be greater than 0")
    .max(MAX_SCHEDULED_RUNS, `max_scheduled_runs must be less than or equal to ${MAX_SCHEDULED_RUNS}.`)
    .nullish(),
  max_active_runs: z.number().int().min(1, "Input should be greater than 0").max(MAX_INT).nullish(),
  parameters: Document.optional(),
  slug: z.string().min(1).max(5000).nullish(),
  catch_up: z.enum(catchUps).nullish(),
  catchup: z.boolean().nullish(),
  replaces: z.string().nullish(),
};

/** A schedule to create. */
export const ScheduleCreate = z.object({
  schedule: z.record(z.string(), z.unknown()),
  active: z.boolean().nullish(),
  ...fields,
});

/** A schedule to change, or one of a deployment's when it is changed. */
export const ScheduleUpdate = z.object({
  schedule: z.record(z.string(), z.unknown()).nullish(),
  active: z.boolean().nullish(),
  ...fields,
});
export type ScheduleUpdate = z.output<typeof ScheduleUpdate>;

/** A new schedule's row. Throws `invalid` when its dates cannot be read. */
export function newSchedule(input: ScheduleUpdate, now: Micros): NewSchedule {
  if (!input.schedule)
    throw new WeirError("invalid", "Unable to create new deployment schedules without a schedule configuration.");
  return {
    id: newId(now),
    schedule: normalSchedule(input.schedule, now),
    active: input.active ?? true,
    maxScheduledRuns: input.max_scheduled_runs ?? null,
    maxActiveRuns: input.max_active_runs,
    parameters: (input.parameters && input.parameters.text !== "null" ? input.parameters : EMPTY_OBJECT).text,
    slug: input.slug ?? null,
    catchUp: catchUpOf(input) ?? null,
  };
}

/** How a schedule catches up from now on; undefined: as before. Not to catch up says nothing of how to skip. */
function catchUpOf({ catch_up, catchup }: ScheduleUpdate, before?: CatchUp): CatchUp | undefined {
  if (catch_up) return catch_up;
  if (catchup) return "all";
  return catchup === false && before === "all" ? "latest" : undefined;
}

/** The columns that a change of a schedule sets: only what was given. */
export function schedulePatch(
  input: ScheduleUpdate,
  before: Pick<ScheduleRow, "catch_up">,
  now: Micros,
): SchedulePatch {
  return {
    schedule: input.schedule ? normalSchedule(input.schedule, now) : undefined,
    active: input.active ?? undefined,
    max_scheduled_runs: input.max_scheduled_runs,
    max_active_runs: input.max_active_runs,
    parameters: input.parameters && input.parameters.text !== "null" ? input.parameters.text : undefined,
    slug: input.slug ?? undefined,
    catch_up: catchUpOf(input, before.catch_up),
  };
}

/** A schedule as it is stored and sent: exactly the members of its kind, for clients refuse any other. */
function normalSchedule(given: Record<string, unknown>, now: Micros): string {
  const timezone = given.timezone ?? null;
  const schedule =
    "interval" in given
      ? { ...given, interval: seconds(given.interval), anchor_date: given.anchor_date ?? formatInstant(now), timezone }
      : "cron" in given
        ? { ...given, timezone, day_or: given.day_or ?? true }
        : { ...given, timezone: timezone ?? "UTC" };
  const parsed = parseSchedule(schedule);
  // One that has ended is fine; one that can never fire is a mistake that nobody would notice.
  const from = parsed.kind === "rrule" ? (0 as Micros) : now;
  if (occurrences(parsed, { from, limit: 1 }).length === 0)
    throw new WeirError("invalid", "This schedule never fires. Mend its dates.");
  return toWire(schedule);
}

function seconds(interval: unknown): unknown {
  const parsed = Seconds.safeParse(interval);
  return parsed.success ? parsed.data : interval;
}

/** Refuses two schedules of one slug. */
export function checkSlugs(slugs: readonly (string | null | undefined)[]): void {
  const given = slugs.filter((slug) => slug !== null && slug !== undefined);
  if (new Set(given).size < given.length)
    throw new WeirError("conflict", "Schedule slugs must be unique within a deployment.");
}
