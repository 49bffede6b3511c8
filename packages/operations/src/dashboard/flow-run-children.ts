import { notFound, Uuid } from "@weir/contracts";
import type { TaskRunRow } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { type ListedFlowRun, listed, type ShownState } from "./flow-runs.ts";

/** A task run as a bar of a timeline. */
export type ListedTaskRun = {
  id: string;
  /** Grows with each state. */
  version: number;
  name: string;
  taskKey: string;
  state: ShownState;
  expectedStartTime: string | null;
  startTime: string | null;
  endTime: string | null;
  runSeconds: number;
  runCount: number;
  tags: string[];
  /** The flow run that this task run stands for in its parent; it is shown in its place. */
  childFlowRunId: string | null;
};

/** What runs inside a flow run. `isCut`: it has more than are given. `now` is the server's clock. */
export type FlowRunChildren = { tasks: ListedTaskRun[]; subflows: ListedFlowRun[]; isCut: boolean; now: string };

const MOST_TASKS = 10_000;
const MOST_SUBFLOWS = 1_000;

/** The task runs and subflows of a flow run, or those of them that `taskIds` and `subflowIds` name: what changed. */
export const readFlowRunChildren = defineVerb({
  name: "flow_run.children",
  permission: "see_flows",
  input: z.object({
    id: Uuid,
    only: z.object({ taskIds: z.array(Uuid).max(1_000), subflowIds: z.array(Uuid).max(200) }).nullish(),
  }),
  async run(ctx, { id, only }): Promise<FlowRunChildren> {
    const { store, nowIso } = ctx;
    const [tasks, subflows] = await Promise.all([
      store.taskRuns.list(
        { task_runs: { flow_run_id: { any_: [id] }, ...(only ? { id: { any_: only.taskIds } } : {}) } },
        "EXPECTED_START_TIME_ASC",
        { offset: 0 },
        only ? 1_000 : MOST_TASKS,
      ),
      store.flowRuns.list(
        { flow_runs: { parent_flow_run_id: { any_: [id] }, ...(only ? { id: { any_: only.subflowIds } } : {}) } },
        "EXPECTED_START_TIME_ASC",
        { offset: 0 },
        only ? 200 : MOST_SUBFLOWS,
      ),
    ]);
    return {
      tasks: tasks.rows.map(listedTask),
      subflows: await listed(ctx, subflows.rows),
      isCut: tasks.next !== undefined || subflows.next !== undefined,
      now: nowIso,
    };
  },
});

/** Where a task run is shown: the flow run that holds it. */
export const locateTaskRun = defineVerb({
  name: "task_run.locate",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }): Promise<{ flowRunId: string | null }> {
    const row = await store.taskRuns.get(id);
    if (!row) throw notFound("Task run");
    return { flowRunId: row.flow_run_id };
  },
});

function listedTask(row: TaskRunRow): ListedTaskRun {
  const child = row.state_details.text.includes("child_flow_run_id")
    ? row.state_details.object().child_flow_run_id
    : null;
  return {
    id: row.id,
    version: row.version,
    name: row.name,
    taskKey: row.task_key,
    state: { type: row.state_type, name: row.state_name, message: row.state_message, timestamp: row.state_timestamp },
    expectedStartTime: row.expected_start_time,
    startTime: row.start_time,
    endTime: row.end_time,
    runSeconds: row.total_run_time,
    runCount: row.run_count,
    tags: row.tags,
    childFlowRunId: typeof child === "string" ? child : null,
  };
}
