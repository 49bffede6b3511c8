import { type Json, type JsonObject, object, text } from "../harness/rest.ts";
import type { RunRows, TaskRows } from "./flow-runs.ts";

const LEVELS: Record<number, string> = { 10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL" };

/** Task runs are called after their task and the first letters of a random key, unless they were given a name. */
const RANDOM_END = /-[0-9a-f]{3}$/;
const TASK_KEY_END = /-[0-9a-f]{8}$/;

/** Of a run: what is the same however often, wherever and whenever the same script runs. */
export function flowRunPicture({ flow, run, states }: RunRows, taskOwner: Map<string, string>): JsonObject {
  return {
    name: text(run.name),
    state: statePicture(object(run.state)),
    state_name: run.state_name ?? null,
    state_type: run.state_type ?? null,
    history: states.map(statePicture),
    run_count: run.run_count ?? null,
    tags: sorted(run.tags),
    parameters: run.parameters ?? null,
    context: run.context ?? null,
    empirical_policy: run.empirical_policy ?? null,
    flow_version: flow === "" ? null : versionPicture(run.flow_version),
    deployment_version: versionPicture(run.deployment_version),
    work_queue_name: run.work_queue_name ?? null,
    work_pool_name: run.work_pool_name ?? null,
    auto_scheduled: run.auto_scheduled ?? null,
    job_variables: run.job_variables ?? null,
    labels: run.labels ?? null,
    created_by: run.created_by ? (object(run.created_by).type ?? null) : null,
    parent: run.parent_task_run_id ? (taskOwner.get(text(run.parent_task_run_id)) ?? "elsewhere") : null,
    set: setFields(run, ["deployment_id", "work_queue_id", "work_pool_id", "infrastructure_pid", "idempotency_key"]),
    ...clock(run),
  };
}

/** Task name → its runs, the alike counted. */
export function taskRunsPicture(tasks: TaskRows[]): JsonObject {
  const byName = new Map<string, Map<string, { like: JsonObject; count: number }>>();
  for (const { task, states } of tasks) {
    const name = plainTaskName(task);
    const like: JsonObject = {
      state: statePicture(object(task.state)),
      state_type: task.state_type ?? null,
      state_name: task.state_name ?? null,
      history: states.map(statePicture),
      task_key: text(task.task_key).replace(TASK_KEY_END, "-<hash>"),
      run_count: task.run_count ?? null,
      flow_run_run_count: task.flow_run_run_count ?? null,
      tags: sorted(task.tags),
      empirical_policy: task.empirical_policy ?? null,
      task_inputs: task.task_inputs ?? null,
      cache_key: task.cache_key ? "<key>" : null,
      labels: task.labels ?? null,
      ...clock(task),
    };
    const group = byName.get(name) ?? new Map<string, { like: JsonObject; count: number }>();
    byName.set(name, group);
    // Inputs name other runs by id: those do not make two runs different.
    const key = JSON.stringify(like).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "");
    const entry = group.get(key) ?? { like, count: 0 };
    entry.count += 1;
    group.set(key, entry);
  }
  return Object.fromEntries(
    [...byName.entries()]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, group]) => [name, [...group.values()].map(({ like, count }) => ({ count, ...like }))]),
  );
}

/** A run's log, a line each: level, logger, whose, message. In order of time, or sorted where tasks ran side by side. */
export function logPicture({ logs, tasks }: RunRows, unordered: boolean): string[] {
  const names = new Map(tasks.map(({ task }) => [text(task.id), plainTaskName(task)]));
  const lines = logs.map((line) => {
    const level = LEVELS[Number(line.level)] ?? text(line.level);
    const owner = line.task_run_id ? ` [${names.get(text(line.task_run_id)) ?? "unknown task run"}]` : "";
    return `${level} ${text(line.name)}${owner}: ${text(line.message)}`;
  });
  return unordered ? lines.sort() : lines;
}

/** Names made up by server or client → what stands for them. A flow run's given name (`grandchild-2`) has a digit. */
export function generatedNames(rows: RunRows[]): [string, string][] {
  const names: [string, string][] = [];
  for (const { run, tasks } of rows) {
    if (/^[a-z]+-[a-z]+$/.test(text(run.name))) names.push([text(run.name), "<slug>"]);
    for (const { task } of tasks) {
      const name = text(task.name);
      if (RANDOM_END.test(name)) names.push([name, name.replace(RANDOM_END, "-<n>")]);
    }
  }
  return names;
}

function plainTaskName(task: JsonObject): string {
  return text(task.name).replace(RANDOM_END, "-<n>");
}

function statePicture(state: JsonObject): JsonObject {
  const details = state.state_details ? object(state.state_details) : {};
  const set = Object.entries(details).filter(([, value]) => value !== null && value !== false);
  return {
    type: state.type ?? null,
    name: state.name ?? null,
    message: state.message ?? null,
    data: dataPicture(state.data),
    details: set.map(([key]) => key).sort(),
  };
}

function dataPicture(data: Json | undefined): Json {
  if (data === null || data === undefined) return null;
  return typeof data === "object" && !Array.isArray(data) ? Object.keys(data).sort() : data;
}

/** A version that the client made out of a file's hash says nothing. */
function versionPicture(version: Json | undefined): Json {
  return /^[0-9a-f]{32}$/.test(text(version)) ? "<hash>" : (version ?? null);
}

function sorted(tags: Json | undefined): Json {
  return Array.isArray(tags) ? tags.map(text).sort() : (tags ?? null);
}

function setFields(row: JsonObject, fields: string[]): string[] {
  return fields.filter((field) => row[field] !== null && row[field] !== undefined);
}

/** What can be said of a run's times without saying when. */
function clock(row: JsonObject): JsonObject {
  const at = (field: string) => Date.parse(text(row[field]));
  return {
    times: setFields(row, ["expected_start_time", "next_scheduled_start_time", "start_time", "end_time"]),
    ends_after_start: row.end_time ? at("end_time") >= at("start_time") : null,
    ran: Number(row.total_run_time) > 0,
    late_by_a_minute: Number(row.estimated_start_time_delta) > 60,
  };
}
