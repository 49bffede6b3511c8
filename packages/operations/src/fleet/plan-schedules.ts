import { addSeconds, EMPTY_OBJECT, formatInstant, type Micros, parseInstant, SECOND, WeirError } from "@weir/contracts";
import { MISSED_SECONDS, missedDates, occurrences, parseSchedule, type Schedule } from "@weir/core";
import { type ClaimedSchedule, fleet, type PlannedSchedule } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { overlay, systemLabels } from "../deployment/run.ts";
import { composeFlowRun, mergeLabels } from "../flow-run/create.ts";
import { newId } from "../ids.ts";
import type { Services } from "../services.ts";
import { enterWorkspaces } from "./enter.ts";
import { overdueRuns, skipMissedRuns } from "./skip-missed.ts";

/** At least so many runs, and runs for at least so long, are made ahead; never more, and never further. */
const MIN_RUNS = 3;
const MIN_SECONDS = 3600;
const MAX_RUNS = 100;
/** Most schedules need no more dates than this, and each date costs. */
const FEW_RUNS = 8;
const MAX_SECONDS = 100 * 86_400;

/** The soonest that a schedule is looked at again: ones that fire every second must not be planned every second. */
const PAUSE_SECONDS = 30;

/** How long a claim holds. Planning takes milliseconds; whoever dies over it loses it after this. */
const CLAIM_SECONDS = 30;

/** How many schedules are claimed at once. */
const BATCH = 500;

/**
 * Claims schedules that are due and makes their runs. Safe to run by many at once: each schedule is one claimer's, and a
 * run is named by its schedule and date. Gives how many were claimed; as many as asked for means that more may wait.
 */
export async function planSchedules(
  services: Services,
  limit = BATCH,
): Promise<{ claimed: number; runs: number; isMore: boolean }> {
  const now = services.clock();
  const claim = newId(now);
  const found = await fleet(services.db).claimSchedules(
    claim,
    formatInstant(now),
    formatInstant(addSeconds(now, CLAIM_SECONDS)),
    limit,
  );
  let runs = 0;
  for (const { ctx, ids } of await enterWorkspaces(services, "scheduler", found)) {
    const schedules = await ctx.store.schedules.claimed(ids, claim, ctx.nowIso);
    const planned = schedules.map((schedule) => planOne(ctx, schedule));
    runs += await ctx.store.schedules.plan(claim, planned);
    for (const [index, schedule] of schedules.entries()) await skipMissedRuns(ctx, schedule, planned[index]);
  }
  return { claimed: found.length, runs, isMore: found.length >= limit };
}

function planOne(ctx: Ctx, schedule: ClaimedSchedule): PlannedSchedule {
  const parsed = readable(schedule);
  if (!parsed) return { id: schedule.id, planAt: null, plannedUntil: ctx.nowIso, runs: [] };
  const overdue = overdueRuns(schedule);
  const most = Math.max(0, Math.min(MAX_RUNS, (schedule.max_scheduled_runs ?? MAX_RUNS) - overdue.length));
  const since = schedule.planned_until === null ? undefined : parseInstant(schedule.planned_until);
  const missed = since === undefined ? [] : missedDates(parsed, schedule.catch_up, since, ctx.now);
  const { dates, planAt } = plannedDates(parsed, ctx.now, most);
  const all = [...missed, ...dates].slice(0, most);
  const waits = schedule.catch_up === "skip" && overdue.some((run) => run.isMissed);
  const next = waits ? sooner(planAt, addSeconds(ctx.now, MISSED_SECONDS)) : planAt;
  return {
    id: schedule.id,
    planAt: next === null ? null : formatInstant(next),
    plannedUntil: formatInstant(later(ctx.now, all.at(-1) ?? ctx.now)),
    runs: all.map((date) => plannedRun(ctx, schedule, parsed, date)),
  };
}

function sooner(a: Micros | null, b: Micros): Micros {
  return a !== null && a < b ? a : b;
}

/** A schedule's dates, or nothing when they cannot be read: then it is not looked at again until it is changed. */
export function readable({ schedule }: Pick<ClaimedSchedule, "schedule">): Schedule | undefined {
  try {
    return parseSchedule(schedule.value());
  } catch (error) {
    if (error instanceof WeirError) return undefined;
    throw error;
  }
}

/** The dates to make runs for, `most` at most, and when more must be made; null when there are no more to come. */
export function plannedDates(
  schedule: Schedule,
  now: Micros,
  most: number,
): { dates: Micros[]; planAt: Micros | null } {
  const soonest = addSeconds(now, PAUSE_SECONDS);
  const horizon = addSeconds(now, MAX_SECONDS);
  const isEnough = (date: Micros, index: number) => index + 1 >= MIN_RUNS && date >= addSeconds(now, MIN_SECONDS);
  const first = occurrences(schedule, { from: now, limit: FEW_RUNS, until: horizon });
  const isShort = first.length === FEW_RUNS && !first.some(isEnough);
  const near = isShort ? occurrences(schedule, { from: now, limit: MAX_RUNS, until: horizon }) : first;
  const enough = near.findIndex(isEnough);
  const wanted = enough < 0 ? near : near.slice(0, enough + 1);
  const dates = wanted.slice(0, most);
  const last = dates.at(-1);
  if (dates.length < wanted.length) {
    // Its maximum holds it back: one more as soon as one has gone.
    return { dates, planAt: later(dates[0] === undefined ? soonest : addSeconds(dates[0], 1), soonest) };
  }
  if (last === undefined || (enough < 0 && near.length < MAX_RUNS)) {
    const from = last === undefined ? horizon : ((last + 1) as Micros);
    const next = occurrences(schedule, { from, limit: 1 })[0];
    return { dates, planAt: next === undefined ? null : later(addSeconds(next, -MAX_SECONDS + 1), soonest) };
  }
  const fewLeft = addSeconds(dates.at(-MIN_RUNS) ?? last, 1);
  const pause = addSeconds(now, Math.min(PAUSE_SECONDS, Math.max(1, (last - now) / SECOND / 2)));
  return { dates, planAt: later(Math.min(fewLeft, addSeconds(last, -MIN_SECONDS)) as Micros, pause) };
}

/** The run that a schedule has on a date. Its idempotency key makes a second one of that date the same run. */
export function plannedRun(
  ctx: Ctx,
  schedule: ClaimedSchedule,
  parsed: Schedule,
  date: Micros,
): PlannedSchedule["runs"][number] {
  const { deployment_id, work_pool_id, work_queue_id } = schedule;
  const due = formatInstant(date);
  const { made } = composeFlowRun(
    { actor: ctx.grant.actor, now: ctx.now, parentFlowRunId: null },
    {
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
      state: {
        type: "SCHEDULED",
        name: "Scheduled",
        message: "Flow run scheduled",
        data: null,
        details: { scheduled_time: due },
      },
      parameters: overlay(schedule.parameters, schedule.schedule_parameters),
      context: EMPTY_OBJECT,
      policy: {},
      jobVariables: EMPTY_OBJECT,
      labels: mergeLabels(
        schedule.labels,
        EMPTY_OBJECT,
        systemLabels({ id: deployment_id, flow_id: schedule.flow_id }),
      ),
      tags: [...new Set(["auto-scheduled", ...schedule.tags])],
      idempotencyKey: `scheduled ${deployment_id} ${schedule.id} ${due.replace("T", " ").replace("Z", "+00:00")}`,
      autoScheduled: true,
      createdBy: { id: schedule.id, type: "SCHEDULE", display_value: schedule.slug ?? KINDS[parsed.kind] },
    },
  );
  return made;
}

/** What a schedule without a slug is called where its runs tell who made them. */
const KINDS: Record<Schedule["kind"], string> = {
  interval: "IntervalSchedule",
  cron: "CronSchedule",
  rrule: "RRuleSchedule",
};

function later(a: Micros, b: Micros): Micros {
  return a > b ? a : b;
}
