import { isAfter } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { textArray, unnest } from "./flow-run-effects.ts";
import { columns, execute, isDatabaseDown } from "./statement.ts";

/** A task run as its client tells it in an event. Absent columns are null and leave the stored ones alone. */
export type TaskRunFact = {
  id: string;
  flowRunId: string | null;
  name: string;
  taskKey: string;
  dynamicKey: string;
  cacheKey: string | null;
  cacheExpiration: string | null;
  taskVersion: string | null;
  policy: string;
  taskInputs: string;
  tags: string[];
  labels: string;
  runCount: number;
  flowRunRunCount: number;
  expectedStartTime: string | null;
  nextScheduledStartTime: string | null;
  startTime: string | null;
  endTime: string | null;
  totalRunTime: number;
  state: { type: string; name: string; message: string | null; details: string; data: string | null };
};

/** An event to store. `occurred` and `received` are ISO text, `body` the event as it was sent. */
export type EventRecord = {
  workspaceId: string;
  retentionDays: number;
  id: string;
  occurred: string;
  received: string;
  name: string;
  resourceId: string;
  /** Every resource id it can be found by, the primary one included. */
  involved: string[];
  body: string;
  /** Set for a state change that a client orchestrated: the state's id is the event's, its time `occurred`. */
  taskRun: TaskRunFact | null;
};

const eventInputs = [
  ["workspace_id", "uuid"],
  ["retention_days", "int"],
  ["id", "uuid"],
  ["occurred", "timestamptz"],
  ["received", "timestamptz"],
  ["name", "text"],
  ["resource_id", "text"],
  ["involved", "text"],
  ["body", "text"],
] as const;

const eventPicks: ((event: EventRecord) => unknown)[] = [
  (e) => e.workspaceId,
  (e) => e.retentionDays,
  (e) => e.id,
  (e) => e.occurred,
  (e) => e.received,
  (e) => e.name,
  (e) => e.resourceId,
  (e) => textArray(e.involved),
  (e) => e.body,
];

const storeEvents = `
    i as (select * from ${unnest(eventInputs)}), stored as (
      insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
      select workspace_id, occurred, id, retention_days, received, name, resource_id, body::json from i
      on conflict (workspace_id, occurred, id, retention_days) do nothing
      returning workspace_id, occurred, id
    ), involving as (
      insert into event_resource (workspace_id, resource_id, occurred, event_id, retention_days)
      select i.workspace_id, involved.id, i.occurred, i.id, i.retention_days
        from i join stored using (workspace_id, occurred, id), unnest(i.involved::text[]) as involved (id)
      on conflict do nothing
    ), told as (
      insert into outbox (workspace_id, noun, keys)
      select workspace_id, 'event',
             '[' || string_agg('["' || to_char(occurred at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","' || id || '"]', ',') || ']'
        from stored group by workspace_id
    )`;

const eventsOnly = { name: "event_record", text: `with ${storeEvents} select id from stored` };

type Recorded = EventRecord & { taskRun: TaskRunFact };

const taskInputs = [
  ["t_workspace_id", "uuid"],
  ["t_retention_days", "int"],
  ["t_state_id", "uuid"],
  ["t_timestamp", "timestamptz"],
  ["t_received", "timestamptz"],
  ["t_id", "uuid"],
  ["flow_run_id", "uuid"],
  ["t_name", "text"],
  ["task_key", "text"],
  ["dynamic_key", "text"],
  ["cache_key", "text"],
  ["cache_expiration", "timestamptz"],
  ["task_version", "text"],
  ["policy", "text"],
  ["task_inputs", "text"],
  ["tags", "text"],
  ["labels", "text"],
  ["run_count", "int"],
  ["flow_run_run_count", "int"],
  ["expected_start_time", "timestamptz"],
  ["next_scheduled_start_time", "timestamptz"],
  ["start_time", "timestamptz"],
  ["end_time", "timestamptz"],
  ["total_run_time", "float8"],
  ["state_type", "text"],
  ["state_name", "text"],
  ["state_message", "text"],
  ["state_details", "text"],
  ["state_data", "text"],
  ["is_newest", "bool"],
] as const;

const taskPicks: ((event: Recorded & { isNewest: boolean }) => unknown)[] = [
  (e) => e.workspaceId,
  (e) => e.retentionDays,
  (e) => e.id,
  (e) => e.occurred,
  (e) => e.received,
  (e) => e.taskRun.id,
  (e) => e.taskRun.flowRunId,
  (e) => e.taskRun.name,
  (e) => e.taskRun.taskKey,
  (e) => e.taskRun.dynamicKey,
  (e) => e.taskRun.cacheKey,
  (e) => e.taskRun.cacheExpiration,
  (e) => e.taskRun.taskVersion,
  (e) => e.taskRun.policy,
  (e) => e.taskRun.taskInputs,
  (e) => textArray(e.taskRun.tags),
  (e) => e.taskRun.labels,
  (e) => e.taskRun.runCount,
  (e) => e.taskRun.flowRunRunCount,
  (e) => e.taskRun.expectedStartTime,
  (e) => e.taskRun.nextScheduledStartTime,
  (e) => e.taskRun.startTime,
  (e) => e.taskRun.endTime,
  (e) => e.taskRun.totalRunTime,
  (e) => e.taskRun.state.type,
  (e) => e.taskRun.state.name,
  (e) => e.taskRun.state.message,
  (e) => e.taskRun.state.details,
  (e) => e.taskRun.state.data,
  (e) => e.isNewest,
];

const shifted = taskInputs.map(([, type], index) => `$${eventInputs.length + index + 1}::${type}[]`).join(", ");

/**
 * Events with task runs. A run is known by its id or, inside a flow run, by (task key, dynamic key): states of an id that
 * lost that race go to the run that holds the natural key. Only a newer state moves the row; every state is kept.
 */
const withTaskRuns = {
  name: "event_record_task_runs",
  text: `
    with ${storeEvents}, told_task as (
      select *, coalesce((select t.id from task_run t
         where t.workspace_id = u.t_workspace_id and t.flow_run_id = u.flow_run_id and t.task_key = u.task_key
           and t.dynamic_key = u.dynamic_key), u.t_id) as run_id
        from unnest(${shifted}) as u (${taskInputs.map(([name]) => name).join(", ")})
    ), upserted as (
      insert into task_run as t (workspace_id, id, created, updated, version, name, flow_run_id, task_key, dynamic_key,
        cache_key, cache_expiration, task_version, empirical_policy, task_inputs, tags, labels, state_id, state_type,
        state_name, state_timestamp, state_message, state_details, state_data, run_count, flow_run_run_count,
        expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time)
      select t_workspace_id, run_id, t_received, t_received, 1, t_name, flow_run_id, task_key, dynamic_key, cache_key,
             cache_expiration, task_version, policy::json, task_inputs::json, tags::text[], labels::json, t_state_id,
             state_type, state_name, t_timestamp, state_message, state_details::json, state_data::json, run_count,
             flow_run_run_count, expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time
        from told_task where is_newest
      on conflict (workspace_id, id) do update
         set version = t.version + 1, updated = excluded.updated, name = excluded.name,
             cache_key = coalesce(excluded.cache_key, t.cache_key),
             cache_expiration = coalesce(excluded.cache_expiration, t.cache_expiration),
             task_version = coalesce(excluded.task_version, t.task_version),
             empirical_policy = excluded.empirical_policy, task_inputs = excluded.task_inputs, tags = excluded.tags,
             labels = excluded.labels, state_id = excluded.state_id, state_type = excluded.state_type,
             state_name = excluded.state_name, state_timestamp = excluded.state_timestamp,
             state_message = excluded.state_message, state_details = excluded.state_details,
             state_data = excluded.state_data, run_count = excluded.run_count,
             flow_run_run_count = excluded.flow_run_run_count,
             expected_start_time = coalesce(excluded.expected_start_time, t.expected_start_time),
             next_scheduled_start_time = excluded.next_scheduled_start_time,
             start_time = coalesce(excluded.start_time, t.start_time), end_time = excluded.end_time,
             total_run_time = excluded.total_run_time
       where t.state_timestamp < excluded.state_timestamp
      returning t.workspace_id, t.id, t.version, t.flow_run_id
    ), history as (
      insert into task_run_state (workspace_id, task_run_id, timestamp, id, retention_days, type, name, message,
                                  state_details, data)
      select t_workspace_id, run_id, t_timestamp, t_state_id, t_retention_days, state_type, state_name, state_message,
             state_details::json, state_data::json
        from told_task
      on conflict do nothing
    ), told_runs as (
      insert into outbox (workspace_id, noun, keys)
      select workspace_id, 'task_run',
             '[' || string_agg('["' || id || '",' || version || ',"' || coalesce(flow_run_id::text, '') || '"]', ',') || ']'
        from upserted group by workspace_id
    )
    select id from stored`,
};

/** Stores events, and the task runs they tell of, in one commit. True: stored now; false: it was known already. */
export function eventRecorder(db: Pick<Db, "hot">) {
  return new Batcher<EventRecord[], void>({
    weight: (events) => events.length,
    maxWeight: 512,
    isEveryonesFault: isDatabaseDown,
    async run(groups) {
      const events = once(groups.flat());
      const recorded = events.filter((event): event is Recorded => event.taskRun !== null);
      if (recorded.length === 0) await execute(db, eventsOnly, columns(events, eventPicks));
      else {
        const tasks = markNewest(recorded);
        await execute(db, withTaskRuns, [...columns(events, eventPicks), ...columns(tasks, taskPicks)]);
      }
      return groups.map(() => undefined);
    },
  });
}

/** Without repeats inside the batch: one statement may not meet the same key twice. Rows in key order, so that two batches never wait for each other in a ring. */
function once(events: EventRecord[]): EventRecord[] {
  const byKey = new Map(events.map((event) => [`${event.workspaceId}${event.id}`, event]));
  return [...byKey.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function runKey({ workspaceId, taskRun }: Recorded): string {
  return taskRun.flowRunId === null
    ? workspaceId + taskRun.id
    : `${workspaceId}${taskRun.flowRunId}${taskRun.taskKey} ${taskRun.dynamicKey}`;
}

function markNewest(recorded: Recorded[]): (Recorded & { isNewest: boolean })[] {
  const newest = new Map<string, Recorded>();
  for (const event of recorded) {
    const known = newest.get(runKey(event));
    if (!known || isAfter(event.occurred, known.occurred)) newest.set(runKey(event), event);
  }
  return recorded
    .map((event) => ({ ...event, isNewest: newest.get(runKey(event)) === event }))
    .sort((a, b) => (a.taskRun.id < b.taskRun.id ? -1 : 1));
}
