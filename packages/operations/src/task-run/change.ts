import {
  Document,
  EMPTY_OBJECT,
  type EmpiricalPolicy,
  Instant,
  type JsonText,
  notFound,
  type ProposedState,
  StateInput,
  Tags,
  Text,
  Uuid,
  WeirError,
} from "@weir/contracts";
import { decideTaskRun, type TaskPolicy } from "@weir/core";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { documentOr, mergeLabels } from "../flow-run/create.ts";
import { orchestrationResult } from "../flow-run/set-state.ts";
import { newId } from "../ids.ts";
import { proposeTaskRunState, taskRunWrite } from "./transition.ts";
import { wireTaskRun } from "./wire.ts";

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
        tagLimits: [],
        holdsTagSlots: false,
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
    const name = input.name || `${input.task_key.split(".").at(-1) ?? "task"}-${input.dynamic_key}`.slice(0, 200);
    const tags = input.tags ?? [];
    const flowRun = flowRunId === null ? undefined : await store.flowRuns.get(flowRunId);
    const subject = {
      ...{ id, name, runCount: 0, tags, flow: flowRun ? { id: flowRun.flow_id, name: null } : null },
      flowRun: flowRunId === null ? null : { id: flowRunId, name: flowRun?.name ?? null },
    };
    const made = await store.taskRuns.create({
      ...taskRunWrite(subject, null, decision.state, decision.run, now),
      name,
      flowRunId,
      taskKey: input.task_key,
      dynamicKey: input.dynamic_key,
      cacheKey: input.cache_key ?? null,
      cacheExpiration: input.cache_expiration ?? null,
      taskVersion: input.task_version ?? null,
      taskInputs: documentOr(input.task_inputs).text,
      tags,
      labels: labelsOf(flowRunId, flowRun?.labels, documentOr(input.labels)).text,
    });
    const row =
      (await store.taskRuns.get(id)) ?? (await store.taskRuns.getByKey(flowRunId, input.task_key, input.dynamic_key));
    if (!row)
      throw new WeirError("unavailable", "The task run was deleted meanwhile. Try again.", { retryAfterSeconds: 1 });
    return { isNew: made, body: wireTaskRun(row, now) };
  },
});

/** Labels of a new task run: its flow run's, which run that is, and over them its own. */
function labelsOf(flowRunId: string | null, inherited: JsonText | undefined, own: JsonText): JsonText {
  const system = flowRunId === null ? {} : { "prefect.flow-run.id": flowRunId };
  return mergeLabels(inherited ?? EMPTY_OBJECT, own, system);
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
