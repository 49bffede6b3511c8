import {
  addSeconds,
  FlowRunFilter,
  formatInstant,
  type Micros,
  parseInstant,
  RunFilters,
  SECOND,
  stateTypes,
  TaskRunFilter,
  Uuid,
  WeirError,
} from "@weir/contracts";
import type { CountOf } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";

/** What is counted for a screen at once. */
const Ids = z.array(Uuid).max(200);

/** The count of each id that was asked for; 0 for one that has none, or is not there. */
function byId(asked: readonly string[], found: readonly CountOf[]): Record<string, number> {
  const counts = new Map(found.map(({ id, count }) => [id, count]));
  return Object.fromEntries(asked.map((id) => [id, counts.get(id) ?? 0]));
}

/** How many deployments each flow has. */
export const countDeploymentsOfFlows = defineVerb({
  name: "flow.count_deployments",
  permission: "see_flows",
  input: z.object({ flow_ids: Ids }),
  run: async ({ store }, { flow_ids }) => byId(flow_ids, await store.counts.deploymentsOfFlows(flow_ids)),
});

/** The run of each flow that is due next; null for a flow without. */
export const nextRunsOfFlows = defineVerb({
  name: "flow.next_runs",
  permission: "see_flows",
  input: z.object({ flow_ids: Ids }),
  async run({ store }, { flow_ids }) {
    const found = new Map((await store.counts.nextRunsOfFlows(flow_ids)).map((run) => [run.flow_id, run]));
    return Object.fromEntries(flow_ids.map((id) => [id, found.get(id) ?? null]));
  },
});

/** How many task runs each flow run has. */
export const countTaskRunsOfFlowRuns = defineVerb({
  name: "flow_run.count_task_runs",
  permission: "see_flows",
  input: z.object({ flow_run_ids: Ids }),
  run: async ({ store }, { flow_run_ids }) => byId(flow_run_ids, await store.counts.taskRunsOfFlowRuns(flow_run_ids)),
});

/** How many flow runs that match each work pool has. */
export const countFlowRunsOfPools = defineVerb({
  name: "work_pool.count_flow_runs",
  permission: "see_work_pools",
  input: z.object({ work_pool_ids: Ids, flow_runs: FlowRunFilter }),
  run: async ({ store }, { work_pool_ids, flow_runs }) =>
    byId(work_pool_ids, await store.counts.flowRunsOfPools(work_pool_ids, flow_runs)),
});

/** How many task runs match, by the type of their state. */
export const countTaskRunsByState = defineVerb({
  name: "task_run.count_by_state",
  permission: "see_flows",
  input: RunFilters,
  async run({ store }, filters) {
    const counts = new Map((await store.counts.taskRunsByState(filters)).map((row) => [row.state_type, row.count]));
    return Object.fromEntries(stateTypes.map((type) => [type, counts.get(type) ?? 0]));
  },
});

/** A time is cut into so many stretches. */
const STRETCHES = 20;

/** How task runs ended, in twenty equal stretches of the time that the filter asks for: from the minute of `after_` on. */
export const taskRunOutcomes = defineVerb({
  name: "task_run.outcomes",
  permission: "see_flows",
  input: RunFilters.extend({ task_runs: TaskRunFilter }),
  async run({ store, now }, filters) {
    const { after_, before_ } = filters.task_runs?.start_time ?? {};
    if (!after_) throw new WeirError("invalid", "task_runs.start_time.after_ is required");
    const start = minuteOf(parseInstant(after_) ?? now);
    const end = addSeconds(minuteOf(before_ ? (parseInstant(before_) ?? now) : now), 60);
    const seconds = Math.max(1, (end - start) / SECOND / STRETCHES);
    const cells = await store.counts.taskRunOutcomes(filters, formatInstant(start), seconds);
    const told = Array.from({ length: STRETCHES }, () => ({ completed: 0, failed: 0 }));
    for (const { stretch, completed, failed } of cells) if (told[stretch]) told[stretch] = { completed, failed };
    return told;
  },
});

/** The start of an instant's minute. */
function minuteOf(instant: Micros): Micros {
  return (instant - (instant % (60 * SECOND))) as Micros;
}
