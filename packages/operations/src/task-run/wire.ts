import type { Micros } from "@weir/contracts";
import type { TaskRunRow } from "@weir/db";
import { estimatedRunTime, lateness, wireCurrentState } from "../flow-run/wire.ts";

/** Retry settings that nobody set, as clients expect to read them. The first two are older names of the next. */
const unsetPolicy = {
  max_retries: 0,
  retry_delay_seconds: 0,
  retries: null,
  retry_delay: null,
  retry_jitter_factor: null,
};

/** A task run on the wire, with the estimates that depend on `now`. */
export function wireTaskRun(row: TaskRunRow, now: Micros): Record<string, unknown> {
  return {
    id: row.id,
    created: row.created,
    updated: row.updated,
    name: row.name,
    flow_run_id: row.flow_run_id,
    task_key: row.task_key,
    dynamic_key: row.dynamic_key,
    cache_key: row.cache_key,
    cache_expiration: row.cache_expiration,
    task_version: row.task_version,
    empirical_policy: { ...unsetPolicy, ...row.empirical_policy.object() },
    tags: row.tags,
    labels: row.labels,
    state_id: row.state_id,
    task_inputs: row.task_inputs,
    state_type: row.state_type,
    state_name: row.state_name,
    run_count: row.run_count,
    flow_run_run_count: row.flow_run_run_count,
    expected_start_time: row.expected_start_time,
    next_scheduled_start_time: row.next_scheduled_start_time,
    start_time: row.start_time,
    end_time: row.end_time,
    total_run_time: row.total_run_time,
    estimated_run_time: estimatedRunTime(row, now),
    estimated_start_time_delta: lateness(row, now),
    state: wireCurrentState(row),
  };
}
