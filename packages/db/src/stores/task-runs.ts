import type { JsonText, RunFilters, StateType, TaskRunSort } from "@weir/contracts";
import type { Db } from "../client.ts";
import { taskRunConditions } from "../filters/relations.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, raw, sql } from "../sql.ts";
import type { StateRow } from "./flow-runs.ts";
import { readHistory } from "./run-history.ts";
import { freeSlots } from "./slot-sql.ts";
import { commitTaskRunSql, type TaskRunWrite, taskStateEffects } from "./task-run-write.ts";

/** A task run's row. */
export type TaskRunRow = {
  id: string;
  created: string;
  updated: string;
  version: number;
  name: string;
  flow_run_id: string | null;
  task_key: string;
  dynamic_key: string;
  cache_key: string | null;
  cache_expiration: string | null;
  task_version: string | null;
  empirical_policy: JsonText;
  task_inputs: JsonText;
  tags: string[];
  labels: JsonText;
  state_id: string;
  state_type: StateType;
  state_name: string;
  state_timestamp: string;
  state_message: string | null;
  state_details: JsonText;
  state_data: JsonText | null;
  run_count: number;
  flow_run_run_count: number;
  expected_start_time: string | null;
  next_scheduled_start_time: string | null;
  start_time: string | null;
  end_time: string | null;
  total_run_time: number;
};

/** A task run with what its rules ask of the flow run around it, and of the limits on its tags (a list, as TagLimit in core). */
export type TaskRunForTransition = TaskRunRow & {
  flow_run_name: string | null;
  flow_id: string | null;
  flow_name: string | null;
  tag_limits: JsonText;
  holds_tag_slots: boolean;
  flow_run_state_type: StateType | null;
  flow_run_run_count_now: number | null;
  flow_run_state_details: JsonText | null;
};

/**
 * The details of a state under the alias `s`, of a run under `t`. What engines tell of their task runs is stored without the
 * ids, which stand in the row.
 */
const detailsOf = (
  s: string,
  id: string,
) => `case when ${s}.state_details->'task_run_id' is not null then ${s}.state_details
    else ('{' || concat_ws(',', '"flow_run_id":"' || t.flow_run_id || '"', '"task_run_id":"' || ${id} || '"',
      nullif(substr(${s}.state_details::text, 2, length(${s}.state_details::text) - 2), '')) || '}')::json end as state_details`;

const states = (columns: string) =>
  raw(`select s.id, ${columns} s.type, s.name, s.timestamp, s.message, ${detailsOf("s", "s.task_run_id")}, s.data
    from task_run_state s left join task_run t on t.workspace_id = s.workspace_id and t.id = s.task_run_id`);

const columns = raw(
  `t.id, t.created, t.updated, t.version, t.name, t.flow_run_id, t.task_key, t.dynamic_key, t.cache_key, t.cache_expiration,
   t.task_version, t.empirical_policy, t.task_inputs, t.tags, t.labels, t.state_id, t.state_type, t.state_name,
   t.state_timestamp, t.state_message, ${detailsOf("t", "t.id")}, t.state_data, t.run_count, t.flow_run_run_count,
   t.expected_start_time, t.next_scheduled_start_time, t.start_time, t.end_time, t.total_run_time`,
);

const expected = sql`coalesce(t.expected_start_time, t.created)`;

const orders: Record<TaskRunSort, Order> = {
  ID_DESC: { by: sql`t.id`, type: "uuid", descending: true },
  EXPECTED_START_TIME_ASC: { by: expected, type: "timestamptz", descending: false },
  EXPECTED_START_TIME_DESC: { by: expected, type: "timestamptz", descending: true },
  NAME_ASC: { by: sql`t.name`, type: "text", descending: false },
  NAME_DESC: { by: sql`t.name`, type: "text", descending: true },
  NEXT_SCHEDULED_START_TIME_ASC: {
    by: sql`coalesce(t.next_scheduled_start_time, 'infinity'::timestamptz)`,
    type: "timestamptz",
    descending: false,
  },
  END_TIME_DESC: { by: sql`coalesce(t.end_time, 'infinity'::timestamptz)`, type: "timestamptz", descending: true },
};

/** What a completed task is remembered by. */
export type CachedState = { message: string | null; details: JsonText; data: JsonText | null };

/** What a new task run says of itself. */
export type TaskRunCreate = TaskRunWrite & {
  name: string;
  flowRunId: string | null;
  taskKey: string;
  dynamicKey: string;
  cacheKey: string | null;
  cacheExpiration: string | null;
  taskVersion: string | null;
  taskInputs: string;
  tags: string[];
  labels: string;
};

/** Task runs of one workspace that come through REST; the many that come as events go through `events.record`. */
export function taskRuns(db: Db, scope: Scope) {
  const { workspaceId: ws, retentionDays } = scope;
  return {
    /** One task run; `undefined` when there is none. */
    async get(id: string): Promise<TaskRunRow | undefined> {
      const [row] = await db.query<TaskRunRow>(
        sql`select ${columns} from task_run t where t.workspace_id = ${ws} and t.id = ${id}`,
      );
      return row;
    },

    /** The task run of this natural key inside a flow run (or, with null, outside any). */
    async getByKey(flowRunId: string | null, taskKey: string, dynamicKey: string): Promise<TaskRunRow | undefined> {
      const [row] = await db.query<TaskRunRow>(sql`
        select ${columns} from task_run t
         where t.workspace_id = ${ws} and ${flowRunId === null ? sql`t.flow_run_id is null` : sql`t.flow_run_id = ${flowRunId}::uuid`} and t.task_key = ${taskKey}
           and t.dynamic_key = ${dynamicKey} limit 1`);
      return row;
    },

    /** A task run and what its rules ask of the flow run around it. */
    async forTransition(id: string): Promise<TaskRunForTransition | undefined> {
      const [row] = await db.query<TaskRunForTransition>(sql`
        select ${columns}, r.state_type as flow_run_state_type, r.run_count as flow_run_run_count_now,
               r.state_details as flow_run_state_details, r.name as flow_run_name, r.flow_id, f.name as flow_name,
               (select coalesce(json_agg(json_build_object('tag', substr(l.name, 5), 'limit', l.slot_limit, 'isHeld', exists (
                         select from concurrency_slot s where s.workspace_id = l.workspace_id and s.limit_id = l.id
                            and s.holder_id = t.id and s.expires_at > clock_timestamp())) order by l.name), '[]'::json)
                  from concurrency_limit l where l.workspace_id = t.workspace_id and l.active
                   and l.name in (select 'tag:' || tag from unnest(t.tags) as tag)) as tag_limits,
               exists (select from concurrency_slot s
                         join concurrency_limit l on l.workspace_id = s.workspace_id and l.id = s.limit_id
                        where s.workspace_id = t.workspace_id and s.holder_id = t.id and l.name like 'tag:%') as holds_tag_slots
          from task_run t
          left join flow_run r on r.workspace_id = t.workspace_id and r.id = t.flow_run_id
          left join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id
         where t.workspace_id = ${ws} and t.id = ${id}`);
      return row;
    },

    /** What the last task completed with under a key, as long as that counts. */
    async cachedState(key: string, now: string): Promise<CachedState | undefined> {
      const [row] = await db.query<CachedState>(sql`
        select message, details, data from task_cache
         where workspace_id = ${ws} and cache_key = ${key} and (expires_at is null or expires_at > ${now}::timestamptz)
         order by created desc, id desc limit 1`);
      return row;
    },

    /** Creates a task run. False: its id or natural key is taken; nothing was written. */
    async create(task: TaskRunCreate): Promise<boolean> {
      const { state, run } = task;
      const rows = await db.query(sql`
        with made as (
          insert into task_run as t (workspace_id, id, created, updated, version, name, flow_run_id, task_key, dynamic_key,
            cache_key, cache_expiration, task_version, empirical_policy, task_inputs, tags, labels, state_id, state_type,
            state_name, state_timestamp, state_message, state_details, state_data, run_count, flow_run_run_count,
            expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time)
          values (${ws}, ${task.id}, ${task.now}, ${task.now}, 1, ${task.name}, ${task.flowRunId}, ${task.taskKey},
            ${task.dynamicKey}, ${task.cacheKey}, ${task.cacheExpiration}, ${task.taskVersion}, ${run.policy}::json,
            ${task.taskInputs}::json, ${task.tags}, ${task.labels}::json, ${state.id}, ${state.type}, ${state.name},
            ${state.timestamp}, ${state.message}, ${state.details}::json, ${state.data}::json, ${run.runCount},
            ${run.flowRunRunCount}, ${run.expectedStartTime}, ${run.nextScheduledStartTime}, ${run.startTime},
            ${run.endTime}, ${run.totalRunTime})
          on conflict do nothing returning t.id, t.version, t.flow_run_id, t.task_key
        ), ${taskStateEffects(scope, task, "made")} select id from made`);
      return rows.length > 0;
    },

    /** Stores a decided transition by compare-and-set on `version`. False: the run has moved on, or is gone. */
    async commit(version: number, change: TaskRunWrite): Promise<boolean> {
      return (await db.query(commitTaskRunSql(scope, version, change))).length > 0;
    },

    /** A page of the task runs that match every filter. */
    async list(
      filters: Partial<RunFilters>,
      sort: TaskRunSort,
      position: Position,
      limit: number,
    ): Promise<Page<TaskRunRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = orders[sort];
      const where = [sql`t.workspace_id = ${ws}`, ...taskRunConditions("t", filters)];
      const rows = await db.query<TaskRunRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(order)} from task_run t where ${paged(where, order, sql`t.id`, position, limit, sql`task_run t`)}`);
      return toPage(rows, limit);
    },

    /** How many task runs match; counting stops at `cap`. */
    async count(filters: Partial<RunFilters>, cap = 1_000_000): Promise<number> {
      const where = [sql`t.workspace_id = ${ws}`, ...taskRunConditions("t", filters)];
      const [row] = await db.query<{ count: number }>(sql`
        select count(*) as count from (select 1 from task_run t where ${all(where)} limit ${cap}) as capped`);
      return row?.count ?? 0;
    },

    /** As the flow runs' history, for task runs. */
    history(filters: Partial<RunFilters>, start: string, end: string, seconds: number, now: string) {
      const where = [sql`t.workspace_id = ${ws}`, ...taskRunConditions("t", filters)];
      return readHistory(db, { table: "task_run", alias: "t", where }, { start, end, seconds, now });
    },

    /** Renames a task run. False when there is no such run. */
    async rename(id: string, name: string, now: string): Promise<boolean> {
      const rows = await db.query(sql`
        update task_run set name = ${name}, updated = ${now}, version = version + 1 where workspace_id = ${ws} and id = ${id} returning id`);
      return rows.length > 0;
    },

    /** Deletes a task run with the slots that it holds. False when there is no such run. */
    async remove(id: string): Promise<boolean> {
      // What it holds goes first, as with flow runs.
      await freeSlots(
        db.query,
        ws,
        sql`delete from concurrency_slot where workspace_id = ${ws} and holder_type = 'task_run' and holder_id = ${id} returning *`,
      );
      const rows = await db.query(sql`
        with gone as (delete from task_run where workspace_id = ${ws} and id = ${id} returning id),
        queued as (delete from queued_task q using gone where q.workspace_id = ${ws} and q.task_run_id = gone.id)
        select id from gone`);
      return rows.length > 0;
    },

    /** A run's states, oldest first. */
    async states(id: string): Promise<StateRow[]> {
      return db.query<StateRow>(sql`
        ${states("")}
         where s.workspace_id = ${ws} and s.task_run_id = ${id} and s.retention_days = ${retentionDays}
         order by s.timestamp limit 10000`);
    },

    /** A state by its id, near the time its id tells. */
    async state(id: string, from: string, to: string): Promise<(StateRow & { task_run_id: string }) | undefined> {
      const [row] = await db.query<StateRow & { task_run_id: string }>(sql`
        ${states("s.task_run_id,")}
         where s.workspace_id = ${ws} and s.retention_days = ${retentionDays} and s.id = ${id}
           and s.timestamp between ${from}::timestamptz and ${to}::timestamptz`);
      return row;
    },
  };
}
