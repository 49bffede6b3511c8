import { EMPTY_OBJECT, formatInstant, type Micros, WeirError } from "@weir/contracts";
import { parseSchedule, type Schedule } from "@weir/core";
import type { ClaimedSchedule, PlannedSchedule } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { overlay, systemLabels } from "../deployment/run.ts";
import { composeFlowRun, mergeLabels } from "../flow-run/create.ts";

/** A schedule's dates, or nothing when they cannot be read: then it is not looked at again until it is changed. */
export function readable({ schedule }: Pick<ClaimedSchedule, "schedule">): Schedule | undefined {
  try {
    return parseSchedule(schedule.value());
  } catch (error) {
    if (error instanceof WeirError) return undefined;
    throw error;
  }
}

/** The idempotency key of a schedule's run at a date, ISO text in UTC. */
export function plannedRunKey(
  { deployment_id, id }: Pick<ClaimedSchedule, "deployment_id" | "id">,
  date: string,
): string {
  return `scheduled ${deployment_id} ${id} ${date.replace("T", " ").replace("Z", "+00:00")}`;
}

/** The runs that a schedule has on these dates. The idempotency key makes a second one of a date the same run. */
export function plannedRuns(
  ctx: Ctx,
  schedule: ClaimedSchedule,
  parsed: Schedule,
  dates: readonly Micros[],
): PlannedSchedule["runs"] {
  const { deployment_id, work_pool_id, work_queue_id } = schedule;
  const maker = { actor: ctx.grant.actor, now: ctx.now, parentFlowRunId: null };
  const common = {
    flow: { id: schedule.flow_id, name: schedule.flow_name },
    deployment: {
      id: deployment_id,
      name: schedule.deployment_name,
      version: schedule.version,
      version_id: schedule.version_id,
    },
    workPool:
      work_pool_id === null
        ? undefined
        : { id: work_pool_id, name: schedule.work_pool_name ?? "", type: schedule.work_pool_type ?? "" },
    workQueue: work_queue_id === null ? undefined : { id: work_queue_id, name: schedule.work_queue_name ?? "" },
    parameters: overlay(schedule.parameters, schedule.schedule_parameters),
    context: EMPTY_OBJECT,
    policy: {},
    jobVariables: EMPTY_OBJECT,
    labels: mergeLabels(schedule.labels, EMPTY_OBJECT, systemLabels({ id: deployment_id, flow_id: schedule.flow_id })),
    tags: [...new Set(["auto-scheduled", ...schedule.tags])],
    autoScheduled: true,
    createdBy: { id: schedule.id, type: "SCHEDULE", display_value: schedule.slug ?? KINDS[parsed.kind] },
  };
  return dates.map((date) => {
    const due = formatInstant(date);
    const idempotencyKey = plannedRunKey(schedule, due);
    const details = { scheduled_time: due };
    const state = { type: "SCHEDULED", name: "Scheduled", message: "Flow run scheduled", data: null, details } as const;
    return composeFlowRun(maker, { ...common, state, idempotencyKey }).made;
  });
}

/** What a schedule without a slug is called where its runs tell who made them. */
const KINDS: Record<Schedule["kind"], string> = {
  interval: "IntervalSchedule",
  cron: "CronSchedule",
  rrule: "RRuleSchedule",
};
