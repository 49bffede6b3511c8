import { type StateWrite, storedBody } from "../hot/flow-run-effects.ts";
import type { Scope } from "../scope.ts";
import { raw, type Sql, sql } from "../sql.ts";

/**
 * A new task run, or the next state of one; documents are JSON text, instants ISO text. No event: its client tells of the
 * state.
 */
export type TaskRunWrite = Pick<StateWrite, "state" | "event"> & {
  id: string;
  now: string;
  /** It is for a task worker to run: to be handed to one. */
  isQueued: boolean;
  /** Under which key the state is found by tasks that would compute the same; null: under none. */
  cached: { key: string; expiresAt: string | null } | null;
  run: {
    policy: string;
    runCount: number;
    flowRunRunCount: number;
    expectedStartTime: string | null;
    nextScheduledStartTime: string | null;
    startTime: string | null;
    endTime: string | null;
    totalRunTime: number;
  };
};

/**
 * What storing a task run's state writes beside its row, as CTEs over `from`, which has its id, version, flow run and key:
 * the state history, its place among the tasks that wait for a worker, what is found under its cache key, the event with the
 * resources it involves, and the outbox rows.
 */
export function taskStateEffects(
  { workspaceId: ws, retentionDays }: Scope,
  { id, state, isQueued, cached, event }: TaskRunWrite,
  from: "made" | "moved",
): Sql {
  const stored = raw(from);
  return sql`
    history as (
      insert into task_run_state (workspace_id, task_run_id, timestamp, id, retention_days, type, name, message, state_details, data)
      select ${ws}::uuid, ${id}::uuid, ${state.timestamp}::timestamptz, ${state.id}::uuid, ${retentionDays}::int, ${state.type},
             ${state.name}, ${state.message}, ${state.details}::json, ${state.data}::json from ${stored}
    ), queued as (
      insert into queued_task (workspace_id, task_run_id, task_key, free_at, details)
      select ${ws}::uuid, id, task_key, now(), ${state.details}::json from ${stored} where ${isQueued}::bool
      on conflict (workspace_id, task_run_id) do update
         set free_at = excluded.free_at, holder = null, is_acked = false, details = excluded.details
      returning task_key
    ), superseded as (
      delete from task_cache
       where workspace_id = ${ws} and cache_key = ${cached?.key ?? null} and exists (select from ${stored})
         and (${cached?.expiresAt ?? null}::timestamptz is null or expires_at <= ${cached?.expiresAt ?? null}::timestamptz)
    ), cached as (
      insert into task_cache (workspace_id, cache_key, id, created, expires_at, message, details, data)
      select ${ws}::uuid, ${cached?.key ?? null}, ${state.id}::uuid, ${state.timestamp}::timestamptz,
             ${cached?.expiresAt ?? null}::timestamptz, ${state.message}, ${state.details}::json, ${state.data}::json
        from ${stored} where ${cached !== null}::bool
    ), fact as (
      insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
      select ${ws}::uuid, ${state.timestamp}::timestamptz, ${state.id}::uuid, ${retentionDays}::int, ${state.timestamp}::timestamptz,
             ${event?.name ?? null}, ${event?.resourceId ?? null}, ${storedBody({ state, event })}
        from ${stored} where ${event !== null}::bool
      returning id, occurred
    ), involving as (
      insert into event_resource (workspace_id, resource_key, occurred, event_key, retention_days)
      select ${ws}::uuid, resource_key(${ws}, involved.id), fact.occurred, event_key(fact.id), ${retentionDays}::int
        from fact, unnest(${event?.involved ?? []}::text[]) as involved (id)
    ), told as (
      insert into outbox (workspace_id, noun, keys)
      select ${ws}::uuid, 'queued_task', json_build_array(task_key)::text from queued
      union all
      select ${ws}::uuid, 'event', '[[' || to_json(occurred) || ',"' || id || '"]]' from fact
      union all
      select ${ws}::uuid, 'task_run', '[["' || id || '",' || version || ',"' || coalesce(flow_run_id::text, '') || '"]]' from ${stored}
    )`;
}

/** The statement that stores a decided transition, if the run is still at `version`; it gives a row when it did. */
export function commitTaskRunSql(scope: Scope, version: number, change: TaskRunWrite): Sql {
  const { state, run } = change;
  return sql`
    with moved as (
      update task_run t
         set version = t.version + 1, updated = ${change.now}, state_id = ${state.id}, state_type = ${state.type},
             state_name = ${state.name}, state_timestamp = ${state.timestamp}, state_message = ${state.message},
             state_details = ${state.details}::json, state_data = ${state.data}::json, empirical_policy = ${run.policy}::json,
             run_count = ${run.runCount}, flow_run_run_count = ${run.flowRunRunCount},
             expected_start_time = ${run.expectedStartTime}, next_scheduled_start_time = ${run.nextScheduledStartTime},
             start_time = ${run.startTime}, end_time = ${run.endTime}, total_run_time = ${run.totalRunTime}
       where t.workspace_id = ${scope.workspaceId} and t.id = ${change.id} and t.version = ${version}
      returning t.id, t.version, t.flow_run_id, t.task_key
    ), ${taskStateEffects(scope, change, "moved")} select id from moved`;
}
