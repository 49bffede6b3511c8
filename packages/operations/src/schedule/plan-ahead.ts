import { addSeconds, formatInstant, Instant, type Micros, parseInstant, Uuid, WeirError } from "@weir/contracts";
import { occurrences } from "@weir/core";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { plannedRuns, readable } from "../fleet/planned-runs.ts";
import { newId } from "../ids.ts";

const Count = z.number().int().min(0, "Input should be greater than or equal to 0").max(1000);

/** How long the claim on the schedules holds. */
const CLAIM_SECONDS = 30;

/**
 * Makes the runs of a deployment's active schedules between two instants, past ones too: how gaps are filled. At least
 * `min_runs` for each and at least until `min_time` seconds after the start; never more than `max_runs`, nor after the end.
 * Runs that are there already stay as they are.
 */
export const planAhead = defineVerb({
  name: "deployment.schedule",
  permission: "write_deployments",
  input: z.object({
    id: Uuid,
    start_time: Instant.nullish(),
    end_time: Instant.nullish(),
    min_time: z.number().min(0).max(1e9).nullish(),
    min_runs: Count.nullish(),
    max_runs: Count.nullish(),
  }),
  async run(ctx, input) {
    const { store, now, nowIso } = ctx;
    if (!(await store.deployments.get(input.id))) throw new WeirError("missing", "Deployment not found.");
    const from = parseInstant(input.start_time ?? nowIso) ?? now;
    const until = input.end_time ? parseInstant(input.end_time) : undefined;
    const enoughAt = addSeconds(from, input.min_time ?? 3600);
    const { min_runs: least, max_runs: most } = input;
    const claim = newId(now);
    const ids = await store.schedules.claim(input.id, claim, formatInstant(addSeconds(now, CLAIM_SECONDS)));
    const schedules = await store.schedules.claimed(ids, claim, nowIso);
    const planned = schedules.map((schedule) => {
      const parsed = readable(schedule);
      const range = { from, limit: most ?? 100, ...(until === undefined ? {} : { until }) };
      const dates = parsed ? enough(occurrences(parsed, range), least ?? 3, enoughAt) : [];
      const runs = parsed ? plannedRuns(ctx, schedule, parsed, dates) : [];
      // The scheduler goes on where it was.
      return { id: schedule.id, planAt: schedule.plan_at, plannedUntil: schedule.planned_until, runs };
    });
    await store.schedules.plan(claim, planned);
  },
});

/** Dates up to the first that is `least` of them and late enough. */
function enough(dates: readonly Micros[], least: number, lateEnough: Micros): Micros[] {
  const last = dates.findIndex((date, index) => index + 1 >= least && date >= lateEnough);
  return last < 0 ? [...dates] : dates.slice(0, last + 1);
}
