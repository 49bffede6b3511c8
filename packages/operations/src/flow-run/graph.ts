import { elementTexts, Instant, isAfter, JsonText, memberTexts, Uuid, WeirError } from "@weir/contracts";
import { runGraph } from "@weir/core";
import type { GraphArtifactRow, TaskRunRow } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { wireTaskRun } from "../task-run/wire.ts";

/** A graph with more nodes, or artifacts, is not drawn. */
const MOST = 10_000;

function missing(id: string): WeirError {
  return new WeirError("not_found", `Flow run ${id} not found`);
}

function tooLarge(id: string): WeirError {
  return new WeirError("bad_request", `The graph of flow run ${id} has more than ${MOST} nodes.`);
}

/** The graph of a flow run's task runs and subflow runs; `since` leaves out what ended before. */
export const readFlowRunGraph = defineVerb({
  name: "flow_run.graph",
  permission: "see_flows",
  input: z.object({ id: Uuid, since: Instant.optional() }),
  async run({ store }, { id, since }) {
    const [span, runs, artifacts, states] = await Promise.all([
      store.runGraphs.span(id),
      store.runGraphs.runs(id, MOST + 1),
      store.runGraphs.artifacts(id, MOST),
      store.flowRuns.states(id),
    ]);
    if (!span) throw missing(id);
    if (runs.length > MOST) throw tooLarge(id);
    const byTask = new Map<string | null, Omit<GraphArtifactRow, "task_run_id">[]>();
    for (const { task_run_id, ...artifact } of artifacts)
      byTask.set(task_run_id, [...(byTask.get(task_run_id) ?? []), artifact]);
    const artifactsOf = (task: string | null) => byTask.get(task) ?? [];
    const nodes = runGraph(runs.map(({ task_inputs, ...run }) => ({ ...run, inputs: task_inputs.value() }))).filter(
      ({ end_time }) => end_time === null || since === undefined || !isAfter(since, end_time),
    );
    return {
      ...span,
      root_node_ids: nodes.filter(({ parents }) => parents.length === 0).map((node) => node.id),
      nodes: nodes.map((node) => [node.id, { ...node, artifacts: artifactsOf(node.id) }]),
      artifacts: artifactsOf(null),
      states: states.map((state) => ({
        ...{ id: state.id, timestamp: state.timestamp, type: state.type, name: state.name },
      })),
    };
  },
});

/** A flow run's task runs, newest first, each with what it was given by others. */
export const readTaskRunDependencies = defineVerb({
  name: "flow_run.dependencies",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store, now }, { id }) {
    const ofRun = { task_runs: { flow_run_id: { any_: [id] } } };
    const [span, { rows }] = await Promise.all([
      store.runGraphs.span(id),
      store.taskRuns.list(ofRun, "ID_DESC", { offset: 0 }, MOST + 1),
    ]);
    if (!span) throw missing(id);
    if (rows.length > MOST) throw tooLarge(id);
    return rows.map((row) => {
      const { name, state, expected_start_time, start_time, end_time, ...task } = wireTaskRun(row, now);
      const { total_run_time, estimated_run_time } = task;
      return {
        ...{ id: row.id, name, upstream_dependencies: upstream(row), state, expected_start_time, start_time, end_time },
        ...{
          total_run_time,
          estimated_run_time,
          untrackable_result: row.state_details.object().untrackable_result === true,
        },
      };
    });
  },
});

/** Every source of a task run once, as it was told. */
function upstream({ task_inputs }: TaskRunRow): JsonText[] {
  const told = [...memberTexts(task_inputs.text).values()].flatMap(elementTexts);
  return [...new Set(told)].map((text) => new JsonText(text));
}
