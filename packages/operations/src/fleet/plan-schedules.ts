import { addSeconds, type CatchUp, formatInstant, type Micros, parseInstant, SECOND, WeirError } from "@weir/contracts";
import { MISSED_SECONDS, missedDates, type OverdueRun, occurrences, type Schedule } from "@weir/core";
import { type ClaimedSchedule, fleet, type PlannedSchedule } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { newId } from "../ids.ts";
import type { Services } from "../services.ts";
import { enterWorkspaces } from "./enter.ts";
import { plannedRunKey, plannedRuns, readable } from "./planned-runs.ts";
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
const BATCH = 1000;

/** Runs that are composed and stored together: as many as one statement inserts. */
const RUNS_AT_ONCE = 500;

/** What is to become of a claimed schedule: which dates get runs, and when it must be looked at again (null: never). */
type Plan = {
  schedule: ClaimedSchedule;
  parsed: Schedule | undefined;
  dates: Micros[];
  planAt: Micros | null;
  plannedUntil: Micros;
  overdue: OverdueRun[];
};

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
    const plans = schedules.map((schedule) => planOne(ctx.now, schedule));
    runs += await storePlans(ctx, claim, plans);
  }
  return { claimed: found.length, runs, isMore: found.length >= limit };
}

/** Makes the runs of some plans, and lets go of those that were missed. Gives how many are new. */
async function storePlans(ctx: Ctx, claim: string, plans: readonly Plan[]): Promise<number> {
  const missed: { catchUp: CatchUp; runs: OverdueRun[] }[] = [];
  let made = 0;
  let storing = Promise.resolve(0);
  try {
    for (const group of inGroups(plans)) {
      // Composed while the group before is stored.
      const planned = group.map((plan) => composed(ctx, plan));
      for (const [index, plan] of group.entries()) {
        if (plan.overdue.length === 0) continue;
        const runs = [...plan.overdue, ...madeUpFor(ctx.now, plan, planned[index]?.runs ?? [])];
        missed.push({ catchUp: plan.schedule.catch_up, runs });
      }
      made += await storing;
      storing = ctx.store.schedules.plan(claim, planned);
    }
    made += await storing;
  } finally {
    await Promise.allSettled([storing]);
  }
  for (const { catchUp, runs } of missed) await skipMissedRuns(ctx, runs, catchUp);
  return made;
}

/** The runs of dates that are past: they count as a schedule's latest. */
function madeUpFor(now: Micros, { dates }: Plan, runs: readonly { id: string }[]): OverdueRun[] {
  return runs.flatMap(({ id }, index) => {
    const due = dates[index] ?? now;
    return due < now ? [{ id, due, isMissed: false }] : [];
  });
}

/** In order, as many in a group as have no more runs than are stored at once. */
function* inGroups(plans: readonly Plan[]): Generator<Plan[]> {
  let group: Plan[] = [];
  let runs = 0;
  for (const plan of plans) {
    if (group.length > 0 && runs + plan.dates.length > RUNS_AT_ONCE) {
      yield group;
      group = [];
      runs = 0;
    }
    group.push(plan);
    runs += plan.dates.length;
  }
  if (group.length > 0) yield group;
}

function composed(ctx: Ctx, { schedule, parsed, dates, planAt, plannedUntil }: Plan): PlannedSchedule {
  const runs = parsed && dates.length > 0 ? makeableRuns(ctx, schedule, parsed, dates) : [];
  return {
    id: schedule.id,
    planAt: planAt === null || !runs ? null : formatInstant(planAt),
    plannedUntil: formatInstant(plannedUntil),
    runs: runs ?? [],
  };
}

/**
 * Undefined where no run can be made, for what the schedule and its deployment say is too much together: it is not looked at
 * again until one of them is changed, and holds up no other.
 */
function makeableRuns(...given: Parameters<typeof plannedRuns>): PlannedSchedule["runs"] | undefined {
  try {
    return plannedRuns(...given);
  } catch (error) {
    if (error instanceof WeirError && error.code === "invalid") return undefined;
    throw error;
  }
}

function planOne(now: Micros, schedule: ClaimedSchedule): Plan {
  const parsed = readable(schedule);
  const overdue = overdueRuns(schedule);
  if (!parsed) return { schedule, parsed, dates: [], planAt: null, plannedUntil: now, overdue };
  const most = Math.max(0, Math.min(MAX_RUNS, (schedule.max_scheduled_runs ?? MAX_RUNS) - overdue.length));
  const since = schedule.planned_until === null ? undefined : parseInstant(schedule.planned_until);
  const missed = since === undefined ? [] : missedDates(parsed, schedule.catch_up, since, now);
  const { dates, planAt } = plannedDates(parsed, now, most);
  const all = [...missed, ...dates].slice(0, most);
  const waits = schedule.catch_up === "skip" && overdue.some((run) => run.isMissed);
  return {
    schedule,
    parsed,
    dates: withoutPlanned(all, schedule),
    planAt: waits ? sooner(planAt, addSeconds(now, MISSED_SECONDS)) : planAt,
    plannedUntil: later(now, all.at(-1) ?? now),
    overdue,
  };
}

/** The dates whose runs do not wait already: most often the last one. Making one that is there is no fault, but it costs. */
function withoutPlanned(dates: Micros[], schedule: ClaimedSchedule): Micros[] {
  if (schedule.ahead === null) return dates;
  const planned = new Set(schedule.ahead.split(","));
  return dates.filter((date) => !planned.has(plannedRunKey(schedule, formatInstant(date))));
}

function sooner(a: Micros | null, b: Micros): Micros {
  return a !== null && a < b ? a : b;
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

function later(a: Micros, b: Micros): Micros {
  return a > b ? a : b;
}
