import { formatInstant, type Micros, Uuid, WeirError } from "@weir/contracts";
import { causeOf, type DeploymentWait, explainDeployment as explain, occurrences } from "@weir/core";
import type { DeploymentRow, ScheduleRow } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { readable } from "../fleet/planned-runs.ts";
import { limitOf } from "./limit.ts";
import { instantOrNull, placeOf, stopOf } from "./place.ts";

/** Why a deployment has no runs, or none that start. */
export const explainDeployment = defineVerb({
  name: "deployment.explain",
  permission: "see_deployments",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }) {
    const { store, now } = ctx;
    const row = await store.deployments.get(id);
    if (!row) throw new WeirError("missing", "Deployment not found");
    const limitId = row.global_concurrency_limit?.object().id;
    const [schedules, stops, limit, found] = await Promise.all([
      store.schedules.ofDeployment(id),
      store.waiting.stops(id),
      typeof limitId === "string" ? limitOf(ctx, { id: limitId }) : undefined,
      row.work_queue_id === null ? undefined : placeOf(ctx, row.work_queue_id),
    ]);
    const wait: DeploymentWait = {
      deployment: deploymentFacts(row),
      pause: stopOf(stops?.pause?.value()),
      disablement: stopOf(stops?.disablement?.value()),
      schedules: schedules.map((one) => ({
        id: one.id,
        slug: one.slug,
        isActive: one.active,
        pause: stopOf(stops?.schedules.object()[one.id]),
        next: nextDate(one, now),
      })),
      place: found?.place ?? null,
      limit: limit ?? null,
      refusals: ctx.caller.refusals(),
    };
    const checks = explain(wait, now);
    return { deployment_id: id, at: formatInstant(now), cause: causeOf(checks), checks };
  },
});

/** The next date of a schedule; null when it has none, or cannot be read any more. */
function nextDate(row: ScheduleRow, now: Micros): Micros | null {
  const schedule = readable(row);
  return (schedule && occurrences(schedule, { from: now, limit: 1 })[0]) ?? null;
}

/** A deployment, as far as its waiting runs care. */
export function deploymentFacts(row: DeploymentRow): DeploymentWait["deployment"] {
  return {
    id: row.id,
    name: row.name,
    isPaused: row.paused,
    isDisabled: row.disabled,
    lastPolled: instantOrNull(row.last_polled),
  };
}
