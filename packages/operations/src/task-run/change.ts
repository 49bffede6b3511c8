import {
  Document,
  EMPTY_OBJECT,
  type EmpiricalPolicy,
  formatInstant,
  Instant,
  type JsonText,
  type Micros,
  notFound,
  type ProposedState,
  parseInstant,
  type RunState,
  StateInput,
  Tags,
  Text,
  toWire,
  Uuid,
  WeirError,
} from "@weir/contracts";
import { decideTaskRun, MAX_CACHE_KEY, type RunChanges, type TaskPolicy, type TaskRunFacts } from "@weir/core";
import type { TaskRunForTransition, TaskRunWrite, WorkspaceStore } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { documentOr, mergeLabels } from "../flow-run/create.ts";
import { orchestrationResult } from "../flow-run/set-state.ts";
import { newId } from "../ids.ts";
import { wireTaskRun } from "./wire.ts";

const TRIES = 3;

/** Creates a task run: the one that stands for a subflow in its parent, or one of an engine that asks the server. */
export const createTaskRun = defineVerb({
  name: "task_run.create",
  permission: "run_tasks",
  input: z.object({
    id: Uuid.nullish(),
    name: Text.nullish(),
    flow_run_id: Uuid.nullish(),
    task_key: Text,
    dynamic_key: Text,
    cache_key: Text.nullish(),
    cache_expiration: Instant.nullish(),
    task_version: Text.nullish(),
    empirical_policy: Document.optional(),
    task_inputs: Document.optional(),
    tags: Tags.nullish(),
    labels: Document.optional(),
    state: StateInput.nullish(),
  }),
  async run({ store, now }, input) {
    const id = input.id ?? newId(now);
    const policy = documentOr(input.empirical_policy).object() as EmpiricalPolicy;
    const flowRunId = input.flow_run_id ?? null;
    if (flowRunId === null) {
      // No key of the table tells these apart, and a client that lost our answer asks again.
      const known = await store.taskRuns.getByKey(null, input.task_key, input.dynamic_key);
      if (known) return { isNew: false, body: wireTaskRun(known, now) };
    }
    const decision = decideTaskRun(policyFor(input.state, true), {
      run: {
        id,
        flowRunId,
        policy,
        runCount: 0,
        flowRunRunCount: 0,
        expectedStartTime: null,
        nextScheduledStartTime: null,
        startTime: null,
        endTime: null,
        totalRunSeconds: 0,
        cached: null,
        flowRun: undefined,
      },
      current: null,
      proposed: input.state ?? { type: "PENDING", name: "Pending", message: null, data: null, details: {} },
      now,
      stateId: newId(now),
      random: Math.random(),
    });
    if (decision.kind !== "store")
      throw new WeirError("bad_request", `The first state was refused: ${decision.reason}`);
    const made = await store.taskRuns.create({
      ...toWrite(id, decision.state, decision.run, now),
      name: input.name || `${input.task_key.split(".").at(-1) ?? "task"}-${input.dynamic_key}`.slice(0, 200),
      flowRunId,
      taskKey: input.task_key,
      dynamicKey: input.dynamic_key,
      cacheKey: input.cache_key ?? null,
      cacheExpiration: input.cache_expiration ?? null,
      taskVersion: input.task_version ?? null,
      taskInputs: documentOr(input.task_inputs).text,
      tags: input.tags ?? [],
      labels: (await labelsOf(store, flowRunId, documentOr(input.labels))).text,
    });
    const row =
      (await store.taskRuns.get(id)) ?? (await store.taskRuns.getByKey(flowRunId, input.task_key, input.dynamic_key));
    if (!row)
      throw new WeirError("unavailable", "The task run was deleted meanwhile. Try again.", { retryAfterSeconds: 1 });
    return { isNew: made, body: wireTaskRun(row, now) };
  },
});

/** Labels of a new task run: its flow run's, which run that is, and over them its own. */
async function labelsOf(store: WorkspaceStore, flowRunId: string | null, own: JsonText): Promise<JsonText> {
  const flowRun = flowRunId === null ? undefined : await store.flowRuns.get(flowRunId);
  const system = flowRunId === null ? {} : { "prefect.flow-run.id": flowRunId };
  return mergeLabels(flowRun?.labels ?? EMPTY_OBJECT, own, system);
}

/** Whose rules judge a proposed state. Background tasks have their own, which are not to be skipped. */
function policyFor(state: ProposedState | null | undefined, isForced: boolean): TaskPolicy {
  if (state?.details.deferred) return "background";
  return isForced ? "minimal" : "core";
}

/** Proposes a state for a task run. */
export const setTaskRunState = defineVerb({
  name: "task_run.set_state",
  permission: "run_tasks",
  input: z.object({ id: Uuid, state: StateInput, force: z.boolean().nullish() }),
  async run(ctx, { id, state, force }) {
    const outcome = await proposeTaskRunState(ctx, id, state, policyFor(state, force === true));
    if (!outcome) throw new WeirError("not_found", `Task run with id ${id} not found`);
    return orchestrationResult(outcome);
  },
});

/** Load, decide, commit for a task run; see proposeFlowRunState. `undefined`: no such run. */
export async function proposeTaskRunState(ctx: Ctx, id: string, proposed: ProposedState, policy: TaskPolicy) {
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
    if (
      await ctx.store.taskRuns.commit(
        row.version,
        toWrite(id, decision.state, decision.run, now, cacheOf(policy, proposed)),
      )
    )
      return { decision, state: decision.state };
  }
  throw new WeirError(
    "unavailable",
    "The task run is being changed by many callers at once. Nothing was changed; try again.",
    {
      retryAfterSeconds: 1,
    },
  );
}

/** Renames a task run. */
export const updateTaskRun = defineVerb({
  name: "task_run.update",
  permission: "run_tasks",
  input: z.object({ id: Uuid, name: Text.nullish() }),
  async run({ store, nowIso }, { id, name }) {
    const known = name ? await store.taskRuns.rename(id, name, nowIso) : (await store.taskRuns.get(id)) !== undefined;
    if (!known) throw notFound("Task run");
  },
});

/** Deletes a task run. */
export const deleteTaskRun = defineVerb({
  name: "task_run.delete",
  permission: "manage_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    if (!(await store.taskRuns.remove(id))) throw notFound("Task run");
  },
});

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

function toWrite(
  id: string,
  state: RunState,
  run: RunChanges,
  now: Micros,
  cached: TaskRunWrite["cached"] = null,
): TaskRunWrite {
  const iso = (micros: Micros | null) => (micros === null ? null : formatInstant(micros));
  return {
    id,
    now: formatInstant(now),
    cached,
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
