import type { FlowRunSort, JsonText, RunFilters, StateType } from "@weir/contracts";
import type { Db } from "../client.ts";
import { flowRunConditions } from "../filters/relations.ts";
import type { FlowRunCommit } from "../hot/flow-run-commit.ts";
import type { FlowRunCreate } from "../hot/flow-run-create.ts";
import { FLOW_RUN_KEY } from "../hot/flow-run-effects.ts";
import type { FlowRunRow } from "../hot/flow-run-row.ts";
import type { Hot } from "../hot/hot.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, join, raw, type Sql, sql } from "../sql.ts";
import { versionInfo } from "./deployment-versions.ts";
import { latenessSql, readHistory } from "./run-history.ts";
import { freeSlots } from "./slot-sql.ts";
import { type RunChange, type RunSlotEffect, storeTransition } from "./store-transition.ts";

/** The columns of `FlowRunRow`, of a `flow_run r`. */
export const flowRunColumns = raw(
  `r.id, r.created, r.updated, r.version, r.name, r.flow_id,
   (select f.name from flow f where f.workspace_id = r.workspace_id and f.id = r.flow_id) as flow_name, r.deployment_id,
   r.deployment_version, r.deployment_version_id,
   (select ${versionInfo("v", "v.id")} from deployment_version v
     where v.workspace_id = r.workspace_id and v.id = r.deployment_version_id) as deployment_version_info, r.work_pool_id,
   (select p.name from work_pool p where p.workspace_id = r.workspace_id and p.id = r.work_pool_id) as work_pool_name,
   r.work_queue_id, r.work_queue_name, r.infrastructure_pid, r.flow_version, r.parameters, r.context, r.empirical_policy,
   r.job_variables, r.labels, r.tags, r.idempotency_key, r.parent_task_run_id, r.parent_flow_run_id, r.created_by,
   r.cancelled_by, r.auto_scheduled, r.state_id, r.state_type, r.state_name, r.state_timestamp, r.state_message, r.state_details,
   r.state_data, r.run_count, r.expected_start_time, r.next_scheduled_start_time, r.start_time, r.end_time, r.total_run_time`,
);

const flowRunKey = raw(FLOW_RUN_KEY);

const timeColumns = raw(
  "r.id, r.deployment_id, r.state_type, r.state_timestamp, r.expected_start_time, r.start_time, r.end_time, r.total_run_time",
);

/** When a run started, or is expected to, and how long it took. */
export type FlowRunTimes = Pick<
  FlowRunRow,
  | "id"
  | "deployment_id"
  | "state_type"
  | "state_timestamp"
  | "expected_start_time"
  | "start_time"
  | "end_time"
  | "total_run_time"
>;

const started = sql`coalesce(r.start_time, r.expected_start_time)`;
const due = sql`coalesce(r.next_scheduled_start_time, 'infinity'::timestamptz)`;
const ended = sql`coalesce(r.end_time, 'infinity'::timestamptz)`;

const orders: Record<FlowRunSort, Order> = {
  ID_DESC: { by: sql`r.id`, type: "uuid", descending: true },
  START_TIME_ASC: { by: started, type: "timestamptz", descending: false },
  START_TIME_DESC: { by: started, type: "timestamptz", descending: true },
  EXPECTED_START_TIME_ASC: { by: sql`r.expected_start_time`, type: "timestamptz", descending: false },
  EXPECTED_START_TIME_DESC: { by: sql`r.expected_start_time`, type: "timestamptz", descending: true },
  NAME_ASC: { by: sql`r.name`, type: "text", descending: false },
  NAME_DESC: { by: sql`r.name`, type: "text", descending: true },
  NEXT_SCHEDULED_START_TIME_ASC: { by: due, type: "timestamptz", descending: false },
  END_TIME_DESC: { by: ended, type: "timestamptz", descending: true },
};

/** Columns that a caller may set outside a transition. `undefined` leaves one alone. Documents are JSON text. */
export type FlowRunPatch = {
  name?: string;
  flow_version?: string | null;
  infrastructure_pid?: string | null;
  parameters?: string;
  empirical_policy?: string;
  tags?: string[];
  job_variables?: string;
};

/** A state of a run's history. */
export type StateRow = {
  id: string;
  type: StateType;
  name: string;
  timestamp: string;
  message: string | null;
  state_details: JsonText;
  data: JsonText | null;
};

/** Flow runs of one workspace. */
export function flowRuns(db: Db, hot: Hot, scope: Scope) {
  const { workspaceId: ws, retentionDays } = scope;
  async function page<R extends { id: string }>(
    told: Sql,
    filters: Partial<RunFilters>,
    sort: FlowRunSort,
    position: Position,
    limit: number,
  ): Promise<Page<R>> {
    if (limit === 0) return { rows: [], next: undefined };
    const order = orders[sort];
    const where = [sql`r.workspace_id = ${ws}`, ...flowRunConditions("r", filters)];
    const rows = await db.query<R & { sort_key: string }>(sql`
      select ${told}, ${sortKey(order)} from flow_run r where ${paged(where, order, sql`r.id`, position, limit, sql`flow_run r`)}`);
    return toPage(rows, limit) as unknown as Page<R>;
  }

  async function change(id: string, set: Sql[], now: string): Promise<boolean> {
    const rows = await db.query(sql`
      with changed as (
        update flow_run r set ${join([...set, sql`updated = ${now}`], ", ")}
         where r.workspace_id = ${ws} and r.id = ${id} returning r.id, r.version, r.parent_flow_run_id
      ), told as (
        insert into outbox (workspace_id, noun, keys)
        select ${ws}, 'flow_run', '[' || ${flowRunKey} || ']' from changed
      )
      select id from changed`);
    return rows.length > 0;
  }

  return {
    /** Every fact that a transition needs; `undefined` when there is no such run. */
    forTransition: (id: string) => hot.loadFlowRun.submit({ workspaceId: ws, id }),

    /** Stores a decided transition. False: the run has moved on, or is gone. */
    commit: (change: Omit<FlowRunCommit, "workspaceId" | "retentionDays">) =>
      hot.commitFlowRun.submit({ ...change, workspaceId: ws, retentionDays }),

    /** As `commit`, with the places that it takes and what it does to a slot; what the run ran in before is no longer its own. */
    commitAnew: (change: RunChange, effect: RunSlotEffect | undefined): Promise<boolean> =>
      storeTransition(db, scope, change, effect, (query) =>
        query(sql`update flow_run set infrastructure_pid = null where workspace_id = ${ws} and id = ${change.id}`),
      ),

    /** Stores a new run. `known`: there is one of its flow and idempotency key; `stale`: its deployment has changed. */
    create: (run: Omit<FlowRunCreate, "workspaceId" | "retentionDays">) =>
      hot.createFlowRun.submit({ ...run, workspaceId: ws, retentionDays }),

    /** One run; `undefined` when there is none. */
    async get(id: string): Promise<FlowRunRow | undefined> {
      return hot.readFlowRun.submit({ workspaceId: ws, id });
    },

    /** The run of a flow that was made with this idempotency key. */
    async getByKey(flowId: string, idempotencyKey: string): Promise<FlowRunRow | undefined> {
      const [row] = await db.query<FlowRunRow>(sql`
        select ${flowRunColumns} from flow_run r
         where r.workspace_id = ${ws} and r.flow_id = ${flowId} and r.idempotency_key = ${idempotencyKey}`);
      return row;
    },

    /** A page of the runs that match every filter. */
    async list(
      filters: Partial<RunFilters>,
      sort: FlowRunSort,
      position: Position,
      limit: number,
    ): Promise<Page<FlowRunRow>> {
      return page<FlowRunRow>(flowRunColumns, filters, sort, position, limit);
    },

    /** As `list`: only when each run started and how long it took. */
    async times(
      filters: Partial<RunFilters>,
      sort: FlowRunSort,
      position: Position,
      limit: number,
    ): Promise<Page<FlowRunTimes>> {
      return page<FlowRunTimes>(timeColumns, filters, sort, position, limit);
    },

    /** How many runs match; counting stops at `cap`. */
    async count(filters: Partial<RunFilters>, cap = 1_000_000): Promise<number> {
      const where = [sql`r.workspace_id = ${ws}`, ...flowRunConditions("r", filters)];
      const [row] = await db.query<{ count: number }>(sql`
        select count(*) as count from (select 1 from flow_run r where ${all(where)} limit ${cap}) as capped`);
      return row?.count ?? 0;
    },

    /** Runs by state per interval of `seconds`, for those expected to start in [start, end). Empty intervals have no cell. */
    history(filters: Partial<RunFilters>, start: string, end: string, seconds: number, now: string) {
      const where = [sql`r.workspace_id = ${ws}`, ...flowRunConditions("r", filters)];
      return readHistory(db, { table: "flow_run", alias: "r", where }, { start, end, seconds, now });
    },

    /** The average lateness of the runs that match, in seconds; null when there are none. */
    async lateness(filters: Partial<RunFilters>, now: string): Promise<number | null> {
      const where = [sql`r.workspace_id = ${ws}`, ...flowRunConditions("r", filters)];
      const [row] = await db.query<{ average: number | null }>(
        sql`select avg(${latenessSql("r", now)}) as average from flow_run r where ${all(where)}`,
      );
      return row?.average ?? null;
    },

    /** Sets columns outside a transition. False when there is no such run. */
    patch: (id: string, patch: FlowRunPatch, now: string): Promise<boolean> => change(id, assignments(patch), now),

    /** Merges labels over the stored ones. False when there is no such run. */
    mergeLabels: (id: string, labels: string, now: string): Promise<boolean> =>
      change(id, [sql`labels = (labels::jsonb || ${labels}::jsonb)::json`], now),

    /** Deletes a run with its task runs, inputs and place among those that wait. Logs and history go by retention. */
    async remove(id: string): Promise<boolean> {
      // What it and its tasks hold goes first: a slot of a run that is there can be seen, one of a run that is gone cannot.
      await freeSlots(
        db.query,
        ws,
        sql`delete from concurrency_slot where workspace_id = ${ws} and holder_id in (
              select ${id}::uuid union all select t.id from task_run t where t.workspace_id = ${ws} and t.flow_run_id = ${id})
            returning *`,
      );
      const rows = await db.query(sql`
        with gone as (delete from flow_run where workspace_id = ${ws} and id = ${id} returning id, 0 as version, parent_flow_run_id),
        waiting as (delete from dispatch d using gone where d.workspace_id = ${ws} and d.flow_run_id = gone.id),
        inputs as (delete from flow_run_input i using gone where i.workspace_id = ${ws} and i.flow_run_id = gone.id),
        tasks as (delete from task_run t using gone where t.workspace_id = ${ws} and t.flow_run_id = gone.id),
        told as (insert into outbox (workspace_id, noun, keys) select ${ws}, 'flow_run', '[' || ${flowRunKey} || ']' from gone)
        select id from gone`);
      return rows.length > 0;
    },

    /** A run's states, oldest first; none when there is no such run. */
    async states(id: string): Promise<StateRow[]> {
      return db.query<StateRow>(sql`
        select s.id, s.type, s.name, s.timestamp, s.message, s.state_details, s.data
          from flow_run_state s
         where s.workspace_id = ${ws} and s.flow_run_id = ${id} and s.retention_days = ${retentionDays}
         order by s.timestamp limit 10000`);
    },

    /** A state by its id, near the time its id tells. */
    async state(id: string, from: string, to: string): Promise<(StateRow & { flow_run_id: string }) | undefined> {
      const [row] = await db.query<StateRow & { flow_run_id: string }>(sql`
        select s.id, s.flow_run_id, s.type, s.name, s.timestamp, s.message, s.state_details, s.data
          from flow_run_state s
         where s.workspace_id = ${ws} and s.retention_days = ${retentionDays} and s.id = ${id}
           and s.timestamp between ${from}::timestamptz and ${to}::timestamptz`);
      return row;
    },
  };
}

function assignments(patch: FlowRunPatch): Sql[] {
  const documents = new Set(["parameters", "empirical_policy", "job_variables"]);
  return Object.entries(patch)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (documents.has(name) ? sql`${raw(name)} = ${value}::json` : sql`${raw(name)} = ${value}`));
}
