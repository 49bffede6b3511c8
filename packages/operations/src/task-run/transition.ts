import {
  type EmpiricalPolicy,
  formatInstant,
  type Micros,
  type ProposedState,
  parseInstant,
  type RunState,
  toWire,
  WeirError,
} from "@weir/contracts";
import {
  type Decision,
  decideTaskRun,
  MAX_CACHE_KEY,
  type RunChanges,
  type TagLimit,
  type TaskPolicy,
  type TaskRunFacts,
} from "@weir/core";
import type { TaskRunForTransition, TaskRunWrite } from "@weir/db";
import { type TaskRunSubject, taskRunStateEvent } from "@weir/events";
import { askSlots, endLease, slotsFreed } from "../concurrency/gate.ts";
import type { Ctx } from "../define-verb.ts";
import { newId } from "../ids.ts";

/** How often a task run is loaded and decided on before the caller is asked to come back; once may be for its slots. */
const TRIES = 4;

/** How long slots are held for a task run before it is stored that it runs. */
const CLAIM_SECONDS = 60;

type TaskRunOutcome = { decision: Decision; state: RunState };

/**
 * Load, decide, commit for a task run; see proposeFlowRunState. `undefined`: no such run. A run whose tags are limited
 * first stands in line for its slots, as any other caller does; what it got it keeps if it is stored that it runs, in the
 * same transaction, and gives back otherwise.
 */
export async function proposeTaskRunState(
  ctx: Ctx,
  id: string,
  proposed: ProposedState,
  policy: TaskPolicy,
): Promise<TaskRunOutcome | undefined> {
  const claims: string[] = [];
  try {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const row = await ctx.store.taskRuns.forTransition(id);
      if (!row) return undefined;
      const current = currentState(row);
      const now = ctx.services.clock();
      const decision = decideTaskRun(policy, {
        run: factsOf(row, await cachedFor(ctx, proposed)),
        current,
        proposed,
        now,
        stateId: newId(now),
        random: Math.random(),
      });
      if (decision.kind !== "store") return { decision, state: current };
      if (decision.tagSlots?.kind === "take") {
        const claim = await claimSlots(ctx, id, decision.tagSlots.tags);
        if (typeof claim !== "string") return { decision: claim, state: current };
        claims.push(claim);
        continue;
      }
      const write = taskRunWrite(subjectOf(row), current, decision.state, decision.run, now, cacheOf(policy, proposed));
      if (!(await store(ctx, row.version, write, decision.tagSlots))) continue;
      claims.length = 0;
      return { decision, state: decision.state };
    }
  } finally {
    // A claim that cannot be given back ends by itself.
    await Promise.all(claims.map((leaseId) => endLease(ctx, leaseId).catch(() => undefined)));
  }
  throw new WeirError(
    "unavailable",
    "The task run is being changed by many callers at once. Nothing was changed; try again.",
    {
      retryAfterSeconds: 1,
    },
  );
}

/** Claims a slot of each tag's limit: the claim's lease, or how long to wait. A limit that closes meanwhile claims nothing. */
async function claimSlots(ctx: Ctx, id: string, tags: readonly string[]): Promise<string | Decision> {
  const leaseId = newId(ctx.now);
  const asked = await askSlots(ctx, {
    ...{ id: newId(ctx.now), key: `task_run:${id}`, names: tags.map((tag) => `tag:${tag}`), slots: 1 },
    ...{ mode: "concurrency", since: undefined, leaseId, leaseSeconds: CLAIM_SECONDS },
    holder: { type: "task_run", id },
  });
  if (asked.kind !== "later") return leaseId;
  const full = asked.names.map((name) => name.slice("tag:".length)).join(", ");
  return {
    kind: "wait",
    // The wire knows whole seconds.
    seconds: Math.max(1, Math.ceil(asked.seconds)),
    reason: `Concurrency limit reached for tags: ${full}`,
    rule: "tag-slots",
  };
}

/** Stores a transition; with what it does to the run's slots, where it does, in one transaction. */
async function store(
  ctx: Ctx,
  version: number,
  write: TaskRunWrite,
  slots: { kind: "keep"; tags: readonly string[] } | { kind: "release" } | undefined,
): Promise<boolean> {
  if (!slots) return ctx.store.taskRuns.commit(version, write);
  const freed = await ctx.store.tagSlots.commit(version, write, slots);
  if (freed) slotsFreed(ctx, freed);
  return freed !== undefined;
}

function subjectOf(row: TaskRunForTransition): TaskRunSubject {
  const { id, name, run_count, tags, flow_run_id, flow_run_name, flow_id, flow_name } = row;
  return {
    ...{ id, name, runCount: run_count, tags },
    flowRun: flow_run_id === null ? null : { id: flow_run_id, name: flow_run_name },
    flow: flow_id === null ? null : { id: flow_id, name: flow_name },
  };
}

function currentState(row: TaskRunForTransition): RunState {
  return {
    id: row.state_id,
    type: row.state_type,
    name: row.state_name,
    timestamp: parseInstant(row.state_timestamp) ?? (0 as Micros),
    message: row.state_message,
    data: row.state_data,
    details: row.state_details.value() as RunState["details"],
  };
}

function factsOf(row: TaskRunForTransition, cached: ProposedState | null): TaskRunFacts {
  const instant = (text: string | null) => (text === null ? null : (parseInstant(text) ?? null));
  const pause = row.flow_run_state_details?.object() as RunState["details"] | undefined;
  const flowRun =
    row.flow_run_id === null
      ? undefined
      : row.flow_run_state_type === null
        ? null
        : {
            stateType: row.flow_run_state_type,
            runCount: row.flow_run_run_count_now ?? 0,
            pauseTimeout: pause?.pause_timeout,
            pauseReschedule: pause?.pause_reschedule ?? false,
          };
  return {
    id: row.id,
    flowRunId: row.flow_run_id,
    policy: row.empirical_policy.value() as EmpiricalPolicy,
    runCount: row.run_count,
    flowRunRunCount: row.flow_run_run_count,
    expectedStartTime: instant(row.expected_start_time),
    nextScheduledStartTime: instant(row.next_scheduled_start_time),
    startTime: instant(row.start_time),
    endTime: instant(row.end_time),
    totalRunSeconds: row.total_run_time,
    cached,
    tagLimits: row.tag_limits.value() as TagLimit[],
    holdsTagSlots: row.holds_tag_slots,
    flowRun,
  };
}

/** What was computed under the key of a task that is about to run. */
async function cachedFor({ store, nowIso }: Ctx, { type, details }: ProposedState): Promise<ProposedState | null> {
  if (type !== "RUNNING" || !details.cache_key) return null;
  const found = await store.taskRuns.cachedState(details.cache_key, nowIso);
  if (!found) return null;
  const { message, data } = found;
  return { type: "COMPLETED", name: "Completed", message, data, details: found.details.value() as RunState["details"] };
}

/** Under which key a proposed end is cached, if it comes to be stored. */
function cacheOf(policy: TaskPolicy, { type, details }: ProposedState): TaskRunWrite["cached"] {
  const key = details.cache_key;
  if (policy === "minimal" || type !== "COMPLETED" || !key || key.length > MAX_CACHE_KEY) return null;
  return { key, expiresAt: details.cache_expiration ?? null };
}

/**
 * A decided state of a task run, ready to be stored. It is told of, but for the states of background tasks: whoever hands
 * one in tells of them itself, under the same id.
 */
export function taskRunWrite(
  subject: TaskRunSubject,
  previous: RunState | null,
  state: RunState,
  run: RunChanges,
  now: Micros,
  cached: TaskRunWrite["cached"] = null,
): TaskRunWrite {
  const iso = (micros: Micros | null) => (micros === null ? null : formatInstant(micros));
  return {
    id: subject.id,
    now: formatInstant(now),
    cached,
    event: state.details.deferred ? null : taskRunStateEvent({ ...subject, runCount: run.runCount }, previous, state),
    isQueued: state.type === "SCHEDULED" && state.details.deferred === true,
    state: {
      id: state.id,
      type: state.type,
      name: state.name,
      timestamp: formatInstant(state.timestamp),
      message: state.message,
      details: toWire(state.details),
      data: state.data?.text ?? null,
    },
    run: {
      policy: toWire(run.policy),
      runCount: run.runCount,
      flowRunRunCount: run.flowRunRunCount ?? 0,
      expectedStartTime: iso(run.expectedStartTime),
      nextScheduledStartTime: iso(run.nextScheduledStartTime),
      startTime: iso(run.startTime),
      endTime: iso(run.endTime),
      totalRunTime: run.totalRunSeconds,
    },
  };
}
