import { packBody } from "../event-body.ts";
import type { Columns } from "./columns.ts";
import { eventKey, resourceKey } from "./resource-key.ts";

/** A run's key in a hint, as SQL: its id, its version, and the run whose subflow it is, if it is one. */
export const FLOW_RUN_KEY = `'["' || id || '",' || version || coalesce(',"' || parent_flow_run_id || '"', '') || ']'`;

/**
 * What storing a flow run's state writes beside its row, as CTEs over `moved`: the state history, its place among the runs
 * that wait, its event with the resources it involves, the copy on the parent task run of a subflow, and the outbox rows.
 * One statement, one commit: there is no moment at which one of them is true and another is not. `moved` must have the
 * columns of `stateColumns`, the run's version after the write, `end_time`, `next_scheduled_start_time`, and the run's
 * deployment, pool, queue and parent ids.
 */
export const effects = `
    , history as (
      insert into flow_run_state (workspace_id, flow_run_id, timestamp, id, retention_days, type, name, message,
                                  state_details, data)
      select workspace_id, id, state_timestamp, state_id, retention_days, state_type, state_name, state_message,
             state_details::json, state_data::json
        from moved
    ), waiting as (
      insert into dispatch (workspace_id, flow_run_id, due_at, work_pool_id, work_queue_id, deployment_id, may_be_late,
                            in_process)
      select workspace_id, id, due_at, work_pool_id, work_queue_id, deployment_id, may_be_late, in_process
        from moved where due_at is not null
      on conflict (workspace_id, flow_run_id) do update
         set due_at = excluded.due_at, may_be_late = excluded.may_be_late, in_process = excluded.in_process
    ), gone as (
      delete from dispatch d using moved m
       where m.due_at is null and d.workspace_id = m.workspace_id and d.flow_run_id = m.id
    ), fact as (
      insert into event (workspace_id, occurred, id, retention_days, received, name, resource_id, body)
      select workspace_id, state_timestamp, state_id, retention_days, state_timestamp, event_name, resource_id, body
        from moved where event_name is not null
    ), involving as (
      insert into event_resource (workspace_id, resource_key, occurred, event_key, retention_days)
      select m.workspace_id, involved.key, m.state_timestamp, m.event_key, m.retention_days
        from moved m, unnest(m.involved::int8[]) as involved (key)
    ), parent as (
      update task_run t
         set version = t.version + 1, updated = m.state_timestamp, state_id = m.parent_state_id, state_type = m.state_type,
             state_name = m.state_name, state_timestamp = m.state_timestamp, state_message = m.state_message,
             state_details = (m.state_details::jsonb || jsonb_build_object(
               'child_flow_run_id', m.id, 'task_run_id', m.parent_task_run_id))::json, state_data = m.state_data::json,
             run_count = t.run_count + case when m.state_type = 'RUNNING' then 1 else 0 end,
             start_time = case when m.state_type = 'RUNNING' then coalesce(t.start_time, m.state_timestamp)
                               when m.end_time is not null then coalesce(t.start_time, m.state_timestamp)
                               else t.start_time end,
             end_time = case when m.end_time is null then null else m.state_timestamp end,
             total_run_time = t.total_run_time + case when t.state_type = 'RUNNING'
               then extract(epoch from m.state_timestamp - t.state_timestamp) else 0 end,
             next_scheduled_start_time = m.next_scheduled_start_time
        from moved m
       where m.parent_task_run_id is not null and t.workspace_id = m.workspace_id and t.id = m.parent_task_run_id
      returning t.workspace_id, t.id, t.version, t.state_id, t.state_type, t.state_name, t.state_timestamp,
                t.state_message, t.state_details, t.state_data, m.retention_days, t.flow_run_id
    ), parent_history as (
      insert into task_run_state (workspace_id, task_run_id, timestamp, id, retention_days, type, name, message,
                                  state_details, data)
      select workspace_id, id, state_timestamp, state_id, retention_days, state_type, state_name, state_message,
             state_details, state_data
        from parent
    ), told as (
      insert into outbox (workspace_id, noun, keys)
      select workspace_id, 'flow_run', '[' || string_agg(${FLOW_RUN_KEY}, ',') || ']'
        from moved group by workspace_id
      union all
      select workspace_id, 'event',
             '[' || string_agg('[' || to_json(state_timestamp) || ',"' || state_id || '"]', ',') || ']'
        from moved where event_name is not null group by workspace_id
      union all
      select workspace_id, 'task_run', '[' || string_agg('["' || id || '",' || version || ',"' || flow_run_id || '"]', ',') || ']'
        from parent where flow_run_id is not null group by workspace_id
    )`;

/** A state to store with what it entails. Instants are ISO text, documents JSON text. */
export type StateWrite = {
  state: {
    id: string;
    type: string;
    name: string;
    timestamp: string;
    message: string | null;
    details: string;
    data: string | null;
  };
  /** The run's place among those that wait; null takes it out. */
  dispatch: { dueAt: string; mayBeLate: boolean; inProcess: boolean } | null;
  /** The event's id is the state's, its time the state's. `involved`: every resource id it can be found by. Null: none. */
  event: { name: string; resourceId: string; involved: string[]; body: string } | null;
  /** Id of the state that the parent task run gets; used only when the run has one. */
  parentStateId: string;
};

/** The body of a state's event as it is stored; null where the state has no event. */
export function storedBody({ state, event }: Pick<StateWrite, "state" | "event">): string | null {
  if (!event) return null;
  const { name, resourceId, body } = event;
  return packBody({ id: state.id, occurred: state.timestamp, name, resource_id: resourceId, body });
}

/** The columns of a batch that describe a state and its effects; `workspaceOf` tells whose an item is. */
export function stateColumns<Item extends StateWrite>(workspaceOf: (item: Item) => string): Columns<Item> {
  return [
    ["state_id", "uuid", (w) => w.state.id],
    ["state_type", "text", (w) => w.state.type],
    ["state_name", "text", (w) => w.state.name],
    ["state_timestamp", "timestamptz", (w) => w.state.timestamp],
    ["state_message", "text", (w) => w.state.message],
    ["state_details", "text", (w) => w.state.details],
    ["state_data", "text", (w) => w.state.data],
    ["due_at", "timestamptz", (w) => w.dispatch?.dueAt ?? null],
    ["may_be_late", "bool", (w) => w.dispatch?.mayBeLate ?? null],
    ["in_process", "bool", (w) => w.dispatch?.inProcess ?? null],
    ["event_name", "text", (w) => w.event?.name ?? null],
    ["resource_id", "text", (w) => w.event?.resourceId ?? null],
    ["involved", "text", (w) => keys(workspaceOf(w), w.event?.involved ?? [])],
    ["event_key", "int4", (w) => eventKey(w.state.id)],
    ["body", "text", storedBody],
    ["parent_state_id", "uuid", (w) => w.parentStateId],
  ];
}

/** An int8[] literal of the keys of resources. */
function keys(workspaceId: string, involved: readonly string[]): string {
  return `{${involved.map((id) => resourceKey(workspaceId, id)).join(",")}}`;
}
