import { creatorOf } from "@weir/auth";
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
  decideFlowRun,
  type FlowPolicy,
  type FlowRunFacts,
  type RunChanges,
  type SlotEffect,
} from "@weir/core";
import type { FlowRunForTransition, RunChange, RunSlotEffect } from "@weir/db";
import { type FlowRunSubject, flowRunStateEvent } from "@weir/events";
import { activeLimitsOf } from "../concurrency/active-limits.ts";
import { slotsFreed } from "../concurrency/gate.ts";
import { slotManners, slotsOf } from "../concurrency/of-deployment.ts";
import type { Ctx } from "../define-verb.ts";
import { newId } from "../ids.ts";

/** The outcome of proposing a state: what was decided, and the state that holds now. */
export type Outcome = {
  decision: Decision;
  /** The state that holds after the decision. */
  state: RunState;
  run: FlowRunForTransition;
};

/**
 * Stores a decided transition with what it does to a slot and more than that. False: it can no longer be stored as it was
 * decided. `undefined` leaves it to be stored as any other.
 */
type Store = (
  change: RunChange,
  slot: RunSlotEffect | undefined,
  run: FlowRunForTransition,
) => Promise<boolean> | undefined;

/** How a state is proposed, where it is not the usual way. */
type Manner = {
  /** Lets a loop give up when the run is no longer in the state it acted on. */
  only?: (run: FlowRunForTransition) => boolean;
  /** No event tells of it: the caller sends one. */
  isSilent?: boolean;
  /** Stores more than the state. */
  storeWith?: Store;
};

/** How often a transition that lost its race is decided again before the caller is asked to come back. */
const TRIES = 3;

/**
 * Load, decide, commit: proposes a state for a flow run. Nothing is locked; a transition that meets a newer version of the
 * run loads and decides again, so racing calls take effect one after the other. `undefined`: no such run.
 */
export async function proposeFlowRunState(
  ctx: Ctx,
  id: string,
  proposed: ProposedState,
  policy: FlowPolicy,
  { only, isSilent = false, storeWith }: Manner = {},
): Promise<Outcome | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const run = await loaded(ctx, id);
    if (!run || (only && !only(run))) return undefined;
    const current = currentState(run);
    // Each try reads the clock anew: a state may not be older than the one it follows.
    const now = ctx.services.clock();
    const facts = factsOf(run);
    const decision = decideFlowRun(policy, {
      run: facts,
      current,
      proposed,
      now,
      stateId: newId(now),
      random: Math.random(),
      slotManners: slotManners(ctx.caller.version),
    });
    if (decision.kind !== "store") return { decision, state: current, run };
    const change = toCommit(run, current, decision.state, decision.run, decision.policyChanged, now);
    change.run.cancelledBy = cancellerOf(ctx, current, proposed, policy);
    if (decision.places) change.places = decision.places;
    if (isSilent) change.event = null;
    const slot = decision.slots && slotEffect(decision.slots, run);
    if (slot === "no limit") continue;
    const stored = storeWith?.(change, slot, run) ?? store(ctx, change, slot);
    if (await stored) return { decision, state: decision.state, run };
  }
  throw new WeirError(
    "unavailable",
    "The run is being changed by many callers at once. Nothing was changed; try again.",
    {
      retryAfterSeconds: 1,
    },
  );
}

/** A run with its facts; slots whose lease expired are taken back first. */
async function loaded(ctx: Ctx, id: string): Promise<FlowRunForTransition | undefined> {
  const run = await ctx.store.flowRuns.forTransition(id);
  if (!run?.has_expired_slots || run.slot_limit_id === null) return run;
  const freed = await ctx.store.slots.reclaim([run.slot_limit_id]);
  if (freed.length === 0) return run;
  slotsFreed(ctx, freed);
  return ctx.store.flowRuns.forTransition(id);
}

function store({ store }: Ctx, change: RunChange, slot: RunSlotEffect | undefined): Promise<boolean> {
  return slot || change.places ? store.deploymentSlots.commit(change, slot) : store.flowRuns.commit(change);
}

/** What a decision does to a slot, with the limit that the run was loaded with where it needs one. */
function slotEffect(effect: SlotEffect, { slot_limit_id: limitId }: FlowRunForTransition): RunSlotEffect | "no limit" {
  if (effect.kind === "renew" || effect.kind === "release") return effect;
  return limitId === null ? "no limit" : { ...effect, limitId };
}

/** The state that a loaded run holds. */
export function currentState(run: FlowRunForTransition): RunState {
  return {
    id: run.state_id,
    type: run.state_type,
    name: run.state_name,
    timestamp: instant(run.state_timestamp),
    message: run.state_message,
    data: run.state_data,
    details: run.state_details.value() as RunState["details"],
  };
}

/** What the rules look at in a loaded run. */
export function factsOf(run: FlowRunForTransition): FlowRunFacts {
  return {
    id: run.id,
    deploymentId: run.deployment_id,
    parentTaskRunId: run.parent_task_run_id,
    infrastructurePid: run.infrastructure_pid,
    policy: run.empirical_policy.value() as EmpiricalPolicy,
    runCount: run.run_count,
    expectedStartTime: instant(run.expected_start_time),
    nextScheduledStartTime: orNull(run.next_scheduled_start_time),
    startTime: orNull(run.start_time),
    endTime: orNull(run.end_time),
    totalRunSeconds: run.total_run_time,
    isDeploymentGone: run.deployment_id !== null && run.deployment_name === null,
    slots: slotsOf(run),
    activeLimits: activeLimitsOf(run),
  };
}

function toCommit(
  run: FlowRunForTransition,
  previous: RunState,
  state: RunState,
  changes: RunChanges,
  policyChanged: boolean,
  now: Micros,
): RunChange {
  return {
    id: run.id,
    version: run.version,
    ...stateWrite(subjectOf(run, changes.runCount), previous, state, changes, now),
    run: {
      ...runColumns(changes),
      policy: policyChanged ? toWire(changes.policy) : null,
      totalRunTime: changes.totalRunSeconds,
      cancelledBy: null,
    },
  };
}

/**
 * Who cancels a run by what they propose, as JSON text. Null: Weir itself, or the engine: unforced, only that says of a
 * running run that it has ended as cancelled.
 */
function cancellerOf({ grant }: Ctx, current: RunState, proposed: ProposedState, policy: FlowPolicy): string | null {
  const isEngines = current.type === "RUNNING" && policy === "core";
  const cancels = proposed.type === "CANCELLING" || (proposed.type === "CANCELLED" && !isEngines);
  const by = cancels ? creatorOf(grant.actor) : null;
  return by && toWire(by);
}

/** What storing a state writes beside the run's own columns; see StateWrite in packages/db. */
export function stateWrite(
  subject: FlowRunSubject,
  previous: RunState | null,
  state: RunState,
  changes: RunChanges,
  now: Micros,
) {
  const waits = state.type === "SCHEDULED";
  return {
    state: {
      id: state.id,
      type: state.type,
      name: state.name,
      timestamp: formatInstant(state.timestamp),
      message: state.message,
      details: toWire(state.details),
      data: state.data?.text ?? null,
    },
    dispatch: waits
      ? {
          dueAt: state.details.scheduled_time ?? formatInstant(now),
          mayBeLate: state.name === "Scheduled",
          inProcess: changes.policy.retry_type === "in_process",
        }
      : null,
    event: flowRunStateEvent(subject, previous, state),
    parentStateId: subject.parentTaskRunId === null ? state.id : newId(now),
  };
}

/** The columns of a run that any stored state sets. */
export function runColumns(changes: RunChanges) {
  return {
    runCount: changes.runCount,
    expectedStartTime: formatInstant(changes.expectedStartTime ?? (0 as Micros)),
    nextScheduledStartTime: isoOrNull(changes.nextScheduledStartTime),
    startTime: isoOrNull(changes.startTime),
    endTime: isoOrNull(changes.endTime),
  };
}

function subjectOf(run: FlowRunForTransition, runCount: number): FlowRunSubject {
  const named = (id: string | null, name: string | null) => (id === null ? null : { id, name });
  return {
    id: run.id,
    name: run.name,
    runCount,
    tags: run.tags,
    parentTaskRunId: run.parent_task_run_id,
    flow: { id: run.flow_id, name: run.flow_name },
    deployment: named(run.deployment_id, run.deployment_name),
    workQueue: named(run.work_queue_id, run.work_queue_name),
    workPool:
      run.work_pool_id === null ? null : { id: run.work_pool_id, name: run.work_pool_name, type: run.work_pool_type },
    creator: (run.created_by?.value() ?? null) as FlowRunSubject["creator"],
  };
}

function instant(text: string): Micros {
  return parseInstant(text) ?? (0 as Micros);
}

function orNull(text: string | null): Micros | null {
  return text === null ? null : instant(text);
}

function isoOrNull(micros: Micros | null): string | null {
  return micros === null ? null : formatInstant(micros);
}
