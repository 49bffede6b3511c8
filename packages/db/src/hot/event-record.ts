import type { Micros } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { packBody } from "../event-body.ts";
import { arrays, type Columns, textArray, unnest } from "./columns.ts";
import { eventKey, resourceKey } from "./resource-key.ts";
import { isDatabaseDown, type Manner, type Statement, store } from "./statement.ts";

/** A task run as its client tells it in an event. Absent columns are null and leave the stored ones alone. */
export type TaskRunFact = {
  id: string;
  flowRunId: string | null;
  name: string;
  taskKey: string;
  dynamicKey: string;
  cacheKey: string | null;
  cacheExpiration: Micros | null;
  taskVersion: string | null;
  policy: string;
  taskInputs: string;
  tags: string[];
  labels: string;
  runCount: number;
  flowRunRunCount: number;
  expectedStartTime: Micros | null;
  nextScheduledStartTime: Micros | null;
  startTime: Micros | null;
  endTime: Micros | null;
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

type Involved = { event: EventRecord; resourceId: string };
type Recorded = EventRecord & { taskRun: TaskRunFact };
type Told = { event: Recorded; isNewest: boolean };

const eventColumns: Columns<EventRecord> = [
  ["workspace_id", "uuid", (e) => e.workspaceId],
  ["retention_days", "int4", (e) => e.retentionDays],
  ["id", "uuid", (e) => e.id],
  ["occurred", "timestamptz", (e) => e.occurred],
  ["received", "timestamptz", (e) => e.received],
  ["name", "text", (e) => e.name],
  ["resource_id", "text", (e) => e.resourceId],
  ["body", "text", ({ resourceId, ...e }) => packBody({ ...e, resource_id: resourceId })],
];

const involvedColumns: Columns<Involved> = [
  ["workspace_id", "uuid", ({ event }) => event.workspaceId],
  ["resource_key", "int8", ({ event, resourceId }) => resourceKey(event.workspaceId, resourceId)],
  ["occurred", "timestamptz", ({ event }) => event.occurred],
  ["event_id", "uuid", ({ event }) => event.id],
  ["event_key", "int4", ({ event }) => eventKey(event.id)],
  ["retention_days", "int4", ({ event }) => event.retentionDays],
];

const taskColumns: Columns<Told> = [
  ["workspace_id", "uuid", ({ event }) => event.workspaceId],
  ["retention_days", "int4", ({ event }) => event.retentionDays],
  ["state_id", "uuid", ({ event }) => event.id],
  ["timestamp", "timestamptz", ({ event }) => event.occurred],
  ["received", "timestamptz", ({ event }) => event.received],
  ["told_id", "uuid", ({ event }) => event.taskRun.id],
  ["flow_run_id", "uuid", ({ event }) => event.taskRun.flowRunId],
  ["name", "text", ({ event }) => event.taskRun.name],
  ["task_key", "text", ({ event }) => event.taskRun.taskKey],
  ["dynamic_key", "text", ({ event }) => event.taskRun.dynamicKey],
  ["cache_key", "text", ({ event }) => event.taskRun.cacheKey],
  ["cache_expiration", "timestamptz", ({ event }) => event.taskRun.cacheExpiration],
  ["task_version", "text", ({ event }) => event.taskRun.taskVersion],
  ["policy", "text", ({ event }) => event.taskRun.policy],
  ["task_inputs", "text", ({ event }) => event.taskRun.taskInputs],
  ["tags", "text", ({ event }) => textArray(event.taskRun.tags)],
  ["labels", "text", ({ event }) => event.taskRun.labels],
  ["run_count", "int4", ({ event }) => event.taskRun.runCount],
  ["flow_run_run_count", "int4", ({ event }) => event.taskRun.flowRunRunCount],
  ["expected_start_time", "timestamptz", ({ event }) => event.taskRun.expectedStartTime],
  ["next_scheduled_start_time", "timestamptz", ({ event }) => event.taskRun.nextScheduledStartTime],
  ["start_time", "timestamptz", ({ event }) => event.taskRun.startTime],
  ["end_time", "timestamptz", ({ event }) => event.taskRun.endTime],
  ["total_run_time", "float8", ({ event }) => event.taskRun.totalRunTime],
  ["state_type", "text", ({ event }) => event.taskRun.state.type],
  ["state_name", "text", ({ event }) => event.taskRun.state.name],
  ["state_message", "text", ({ event }) => event.taskRun.state.message],
  ["state_details", "text", ({ event }) => event.taskRun.state.details],
  ["state_data", "text", ({ event }) => event.taskRun.state.data],
  ["is_newest", "bool", ({ isNewest }) => isNewest],
];

function storeEvents(manner: Manner): string {
  const skip = manner === "known" ? "on conflict do nothing" : "";
  return `
    stored as (
      insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
      select workspace_id, occurred, id, retention_days, received, name, resource_id, body from ${unnest(eventColumns)}
      ${skip} returning workspace_id, occurred, id
    ), involving as (
      insert into event_resource (workspace_id, resource_key, occurred, event_key, retention_days)
      select workspace_id, resource_key, occurred, event_key, retention_days
        from ${unnest(involvedColumns, { first: eventColumns.length + 1 })}
        ${manner === "known" ? "where (workspace_id, event_id) in (select workspace_id, id from stored)" : ""}
    ), told as (
      insert into outbox (workspace_id, noun, keys)
      select workspace_id, 'event', '[' || string_agg('[' || to_json(occurred) || ',"' || id || '"]', ',') || ']'
        from stored group by workspace_id
    )`;
}

const toldTasks = unnest(taskColumns, { as: "u", first: eventColumns.length + involvedColumns.length + 1 });

const holderOfKey = `(
        select t.id from task_run t
         where t.workspace_id = u.workspace_id and t.flow_run_id = u.flow_run_id and t.task_key = u.task_key
           and t.dynamic_key = u.dynamic_key)`;

/**
 * Only a newer state moves the row; every state is kept. A run that is known by (task key, dynamic key) inside its flow run
 * under another id gets the states of both.
 */
function storeTaskRuns(manner: Manner): string {
  return `
    told_task as (
      select *, ${manner === "known" ? `coalesce(${holderOfKey}, u.told_id)` : "u.told_id"} as run_id from ${toldTasks}
    ), upserted as (
      insert into task_run as t (workspace_id, id, created, updated, version, name, flow_run_id, task_key, dynamic_key,
        cache_key, cache_expiration, task_version, empirical_policy, task_inputs, tags, labels, state_id, state_type,
        state_name, state_timestamp, state_message, state_details, state_data, run_count, flow_run_run_count,
        expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time)
      select workspace_id, run_id, received, received, 1, name, flow_run_id, task_key, dynamic_key, cache_key,
             cache_expiration, task_version, policy::json, task_inputs::json, tags::text[], labels::json, state_id,
             state_type, state_name, timestamp, state_message, state_details::json, state_data::json, run_count,
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
      select workspace_id, run_id, timestamp, state_id, retention_days, state_type, state_name, state_message,
             state_details::json, state_data::json
        from told_task
      ${manner === "known" ? "on conflict do nothing" : ""}
    ), told_runs as (
      insert into outbox (workspace_id, noun, keys)
      select workspace_id, 'task_run',
             '[' || string_agg('["' || id || '",' || version || ',"' || coalesce(flow_run_id::text, '') || '"]', ',') || ']'
        from upserted group by workspace_id
    )`;
}

const events = {
  fresh: { name: "event_record", text: `with ${storeEvents("fresh")} select` },
  known: { name: "event_record_known", text: `with ${storeEvents("known")} select` },
} satisfies Record<Manner, Statement>;

const eventsWithTaskRuns = {
  fresh: { name: "event_record_task_runs", text: `with ${storeEvents("fresh")}, ${storeTaskRuns("fresh")} select` },
  known: {
    name: "event_record_task_runs_known",
    text: `with ${storeEvents("known")}, ${storeTaskRuns("known")} select`,
  },
} satisfies Record<Manner, Statement>;

/** Stores events, and the task runs they tell of, in one commit. Events that are known already are left as they are. */
export function eventRecorder(db: Pick<Db, "hot">) {
  return new Batcher<EventRecord[], void>({
    weight: (events) => events.length,
    maxWeight: 512,
    isEveryonesFault: isDatabaseDown,
    async run(groups) {
      const batch = once(groups);
      const involved = batch.flatMap((event) => event.involved.map((resourceId) => ({ event, resourceId })));
      const values = [...arrays(batch, eventColumns), ...arrays(involved, involvedColumns)];
      const recorded = batch.filter((event): event is Recorded => event.taskRun !== null);
      if (recorded.length > 0) values.push(...arrays(markNewest(recorded), taskColumns));
      const statements = recorded.length > 0 ? eventsWithTaskRuns : events;
      await store(db, statements, values);
      return groups.map(() => undefined);
    },
  });
}

/** Without repeats inside the batch: one statement may not meet the same key twice. Rows in key order, so that two batches never wait for each other in a ring. */
function once(groups: readonly EventRecord[][]): EventRecord[] {
  const byKey = new Map<string, EventRecord>();
  for (const group of groups) for (const event of group) byKey.set(event.workspaceId + event.id, event);
  return [...byKey.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function runKey({ workspaceId, taskRun }: Recorded): string {
  return taskRun.flowRunId === null
    ? workspaceId + taskRun.id
    : `${workspaceId}${taskRun.flowRunId}${taskRun.taskKey} ${taskRun.dynamicKey}`;
}

function markNewest(recorded: Recorded[]): Told[] {
  const newest = new Map<string, Recorded>();
  for (const event of recorded) {
    const key = runKey(event);
    const known = newest.get(key);
    if (!known || isBefore(known.occurred, event.occurred)) newest.set(key, event);
  }
  const chosen = new Set(newest.values());
  return recorded
    .map((event) => ({ event, isNewest: chosen.has(event) }))
    .sort((a, b) => (a.event.taskRun.id < b.event.taskRun.id ? -1 : 1));
}

/** Instants as formatInstant writes them, `Z` last: a fraction that is there has six digits, and sorts after none. */
function isBefore(left: string, right: string): boolean {
  return left.slice(0, -1) < right.slice(0, -1);
}
