import { isTerminal, type JsonText, type Micros, parseInstant, SECOND } from "@weir/contracts";
import type { FlowRunRow, StateRow } from "@weir/db";

/** A state on the wire. */
export function wireState(row: StateRow): Record<string, unknown> {
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    timestamp: row.timestamp,
    message: row.message,
    data: row.data,
    state_details: row.state_details,
  };
}

type CurrentState = {
  state_id: string;
  state_type: StateRow["type"];
  state_name: string;
  state_timestamp: string;
  state_message: string | null;
  state_details: JsonText;
  state_data: JsonText | null;
};

/** The current state of a run's row, on the wire. */
export function wireCurrentState(row: CurrentState): Record<string, unknown> {
  return wireState({
    id: row.state_id,
    type: row.state_type,
    name: row.state_name,
    timestamp: row.state_timestamp,
    message: row.state_message,
    data: row.state_data,
    state_details: row.state_details,
  });
}

/** Retry settings that nobody set, as clients expect to read them. The first two are older names of the next. */
const unsetPolicy = {
  max_retries: 0,
  retry_delay_seconds: 0,
  retries: null,
  retry_delay: null,
  pause_keys: [],
  resuming: false,
  retry_type: null,
};

/** A flow run on the wire, with the estimates that depend on `now`. */
export function wireFlowRun(row: FlowRunRow, now: Micros): Record<string, unknown> {
  return {
    id: row.id,
    created: row.created,
    updated: row.updated,
    name: row.name,
    flow_id: row.flow_id,
    flow_name: row.flow_name,
    state_id: row.state_id,
    deployment_id: row.deployment_id,
    deployment_version: row.deployment_version,
    deployment_version_id: row.deployment_version_id,
    deployment_version_info: row.deployment_version_info,
    work_queue_id: row.work_queue_id,
    work_queue_name: row.work_queue_name,
    work_pool_id: row.work_pool_id,
    work_pool_name: row.work_pool_name,
    flow_version: row.flow_version,
    parameters: row.parameters,
    idempotency_key: row.idempotency_key,
    context: row.context,
    empirical_policy: { ...unsetPolicy, ...row.empirical_policy.object() },
    tags: row.tags,
    labels: row.labels,
    parent_task_run_id: row.parent_task_run_id,
    state_type: row.state_type,
    state_name: row.state_name,
    run_count: row.run_count,
    expected_start_time: row.expected_start_time,
    next_scheduled_start_time: row.next_scheduled_start_time,
    start_time: row.start_time,
    end_time: row.end_time,
    total_run_time: row.total_run_time,
    estimated_run_time: estimatedRunTime(row, now),
    estimated_start_time_delta: lateness(row, now),
    auto_scheduled: row.auto_scheduled,
    infrastructure_document_id: null,
    infrastructure_pid: row.infrastructure_pid,
    created_by: row.created_by,
    state: wireCurrentState(row),
    job_variables: row.job_variables,
  };
}

/** A flow run on the wire without what its state carries: its message, its details and its result. */
export function wireMinimalFlowRun(row: FlowRunRow, now: Micros): Record<string, unknown> {
  const { state: _, estimated_run_time: __, work_pool_id: ___, work_pool_name: ____, ...told } = wireFlowRun(row, now);
  return { ...told, state_timestamp: row.state_timestamp, cancelled_by: row.cancelled_by };
}

type Timed = Pick<FlowRunRow, "state_type" | "state_timestamp" | "total_run_time" | "start_time" | "end_time"> & {
  expected_start_time: string | null;
};

/** Seconds in RUNNING states, the one that lasts included. */
export function estimatedRunTime(row: Timed, now: Micros): number {
  if (row.state_type !== "RUNNING") return row.total_run_time;
  return row.total_run_time + Math.max(0, now - micros(row.state_timestamp)) / SECOND;
}

/** Seconds that a run started, or still waits to start, after it was expected to; 0 when it was on time. */
export function lateness(row: Timed, now: Micros): number {
  if (row.expected_start_time === null) return 0;
  const expected = micros(row.expected_start_time);
  if (row.start_time !== null) return Math.max(0, micros(row.start_time) - expected) / SECOND;
  return isTerminal(row.state_type) ? 0 : Math.max(0, now - expected) / SECOND;
}

function micros(instant: string): number {
  return parseInstant(instant) ?? 0;
}
