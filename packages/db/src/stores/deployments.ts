import type { CatchUp, DeploymentSort, JsonText, RunFilters } from "@weir/contracts";
import type { Db } from "../client.ts";
import { statusVerb, tellChange, toldChanges } from "../facts.ts";
import { deploymentConditions } from "../filters/relations.ts";
import type { Hot } from "../hot/hot.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { all, join, raw, type Sql, sql } from "../sql.ts";
import { tellUpdates } from "../tell-updates.ts";
import { recordVersion, versionInfo } from "./deployment-versions.ts";
import {
  dropPlannedRuns,
  insertSchedules,
  type NewSchedule,
  type Query,
  replaceSchedules,
  wakeSchedules,
} from "./schedules.ts";
import { TAKEN } from "./slot-sql.ts";
import { setStops, stopMark, stopsOf } from "./stops.ts";

/** A deployment's row with the names of its pool and queue, and its schedules as a JSON list, last changed first. */
export type DeploymentRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  description: string | null;
  flow_id: string;
  version: string | null;
  paused: boolean;
  status: string;
  last_polled: string | null;
  tags: string[];
  labels: JsonText;
  entrypoint: string | null;
  path: string | null;
  pull_steps: JsonText | null;
  parameters: JsonText;
  parameter_openapi_schema: JsonText | null;
  enforce_parameter_schema: boolean;
  job_variables: JsonText;
  work_pool_id: string | null;
  work_pool_name: string | null;
  work_pool_type: string | null;
  work_queue_id: string | null;
  work_queue_name: string | null;
  concurrency_limit: number | null;
  /** The limit that its runs keep, as the wire tells it. */
  global_concurrency_limit: JsonText | null;
  concurrency_options: JsonText | null;
  version_info: JsonText | null;
  created_by: JsonText | null;
  updated_by: JsonText | null;
  disabled: boolean;
  version_id: string | null;
  /** What the version that it is now is told as. */
  live_version_info: JsonText | null;
  branch: string | null;
  base: string | null;
  root: string | null;
  schedules: JsonText;
};

/** Columns that a caller may set; `undefined` leaves one alone. Documents are JSON text. */
export type DeploymentFields = {
  description?: string | null | undefined;
  version?: string | null | undefined;
  paused?: boolean | undefined;
  tags?: string[] | undefined;
  labels?: string | undefined;
  entrypoint?: string | null | undefined;
  path?: string | null | undefined;
  pull_steps?: string | null | undefined;
  parameters?: string | undefined;
  parameter_openapi_schema?: string | null | undefined;
  enforce_parameter_schema?: boolean | undefined;
  job_variables?: string | undefined;
  work_pool_id?: string | null | undefined;
  work_queue_id?: string | null | undefined;
  work_queue_name?: string | null | undefined;
  concurrency_limit?: number | null | undefined;
  concurrency_options?: string | null | undefined;
  version_info?: string | null | undefined;
  created_by?: string | null | undefined;
  updated_by?: string | null | undefined;
  disabled?: boolean | undefined;
  branch?: string | null | undefined;
  base?: string | null | undefined;
  root?: string | null | undefined;
};

/** What a change does to schedules: patched by id, created anew, or all replaced. */
export type ScheduleChanges = {
  replaceAll?: NewSchedule[] | undefined;
  create?: NewSchedule[] | undefined;
  patch?: { id: string; fields: SchedulePatch }[] | undefined;
};

/** Columns of a schedule that a caller may set. Documents are JSON text. */
export type SchedulePatch = {
  schedule?: string | undefined;
  active?: boolean | undefined;
  max_scheduled_runs?: number | null | undefined;
  max_active_runs?: number | null | undefined;
  parameters?: string | undefined;
  slug?: string | null | undefined;
  catch_up?: CatchUp | undefined;
};

const schedules = `(select coalesce(json_agg(json_build_object('id', s.id, 'created', s.created, 'updated', s.updated,
    'deployment_id', s.deployment_id, 'schedule', s.schedule, 'active', s.active, 'max_scheduled_runs', s.max_scheduled_runs, 'max_active_runs', s.max_active_runs,
    'parameters', s.parameters, 'slug', s.slug, 'catch_up', s.catch_up, 'catchup', s.catch_up = 'all') order by s.updated desc, s.id), '[]'::json)
  from deployment_schedule s where s.workspace_id = d.workspace_id and s.deployment_id = d.id)`;

const limit = `(select json_build_object('id', l.id, 'created', l.created, 'updated', l.updated, 'name', l.name,
    'limit', l.slot_limit, 'active', l.active, 'active_slots', ceil(${TAKEN})::int, 'slot_decay_per_second', l.slot_decay_per_second)
  from concurrency_limit l where l.workspace_id = d.workspace_id and l.id = d.concurrency_limit_id)`;

const columns = raw(
  `d.id, d.created, d.updated, d.name, d.description, d.flow_id, d.version, d.paused,
   case when d.disabled then 'DISABLED' else d.status end as status,
   greatest(d.last_polled, q.last_polled) as last_polled, d.tags, d.labels, d.entrypoint, d.path, d.pull_steps, d.parameters,
   d.parameter_openapi_schema, d.enforce_parameter_schema, d.job_variables, d.work_pool_id, p.name as work_pool_name,
   p.type as work_pool_type, d.work_queue_id, coalesce(q.name, d.work_queue_name) as work_queue_name, d.concurrency_limit,
   ${limit} as global_concurrency_limit,
   d.concurrency_options, d.version_info, d.created_by, d.updated_by, d.disabled, d.version_id,
   case when d.version_id is not null then ${versionInfo("d", "d.version_id")} end as live_version_info, d.branch, d.base,
   d.root, ${schedules} as schedules`,
);
const from = raw(
  `deployment d left join work_queue q on q.workspace_id = d.workspace_id and q.id = d.work_queue_id
   left join work_pool p on p.workspace_id = d.workspace_id and p.id = d.work_pool_id`,
);

const documents = new Set([
  "labels",
  "pull_steps",
  "parameters",
  "parameter_openapi_schema",
  "job_variables",
  "concurrency_options",
  "version_info",
  "created_by",
  "updated_by",
]);

const orders: Record<DeploymentSort, Order> = {
  NAME_ASC: { by: sql`d.name`, type: "text", descending: false },
  NAME_DESC: { by: sql`d.name`, type: "text", descending: true },
  CREATED_DESC: { by: sql`d.created`, type: "timestamptz", descending: true },
  UPDATED_DESC: { by: sql`d.updated`, type: "timestamptz", descending: true },
};

/** Deployments of one workspace. */
export function deployments(db: Db, hot: Hot, scope: Scope) {
  const { workspaceId: ws } = scope;
  return {
    /** What runs of a deployment are made from, as this process read it last; `undefined` when it does not remember. */
    recalled: (id: string) => hot.deployments.recalled({ workspaceId: ws, id }),

    /** What runs of a deployment are made from now; `undefined` when there is none. */
    forRuns: (id: string) => hot.deployments.read({ workspaceId: ws, id }),

    /**
     * Creates the deployment of a flow and name, or sets the given fields of the one that is there (`atFirst` ones only
     * when it is new). Its schedules are replaced and its planned runs dropped. `undefined`: the flow is gone.
     */
    async upsert(
      made: { id: string; flowId: string; name: string; now: string },
      fields: DeploymentFields,
      atFirst: DeploymentFields,
      schedules: NewSchedule[],
    ): Promise<{ id: string; isNew: boolean } | undefined> {
      const set = [...new Map([...assignments(atFirst), ...assignments(fields)])];
      const stops = stopsOf(fields, stopMark(scope, made.now));
      const names = [...set.map(([name]) => name), ...stops.map(({ column }) => column)].map((name) =>
        raw(`, ${name}`),
      );
      const values = [...set.map(([, value]) => sql`, ${value}`), ...stops.map((one) => sql`, ${one.mark}::json`)];
      const updates = [
        ...assignments(fields).map(([name]) => raw(`, ${name} = excluded.${name}`)),
        ...stops.map(({ column, name }) =>
          raw(`, ${column} = case when d.${name} and excluded.${name} then d.${column} else excluded.${column} end`),
        ),
      ];
      const which = sql`flow_id = ${made.flowId} and name = ${made.name}`;
      return db.transaction(async (query) => {
        const upsert = () =>
          query<{ id: string; is_new: boolean; status: string }>(sql`
            insert into deployment as d (workspace_id, id, created, updated, flow_id, name${join(names, "")})
            select ${ws}, ${made.id}, ${made.now}, ${made.now}, f.id, ${made.name}${join(values, "")}
              from flow f where f.workspace_id = ${ws} and f.id = ${made.flowId}
            on conflict (workspace_id, flow_id, name) do update set updated = excluded.updated${join(updates, "")}
            returning d.id, (d.xmax = 0) as is_new, d.status`);
        const [row] = await tellUpdates(query, { ws, noun: "deployment", which, now: made.now }, upsert);
        if (!row) return undefined;
        if (!row.is_new) await dropPlannedRuns(query, ws, row.id, fields.disabled ? {} : { after: made.now });
        await replaceSchedules(query, scope, row.id, schedules, made.now);
        await wakeSchedules(query, ws, row.id, made.now);
        await recordVersion(query, ws, row.id, made.now);
        if (row.is_new) await query(tellChange(ws, "deployment", row.id, "created", made.now));
        if (fields.disabled !== undefined) await query(tellSwitch(ws, row.id, fields.disabled, row.status, made.now));
        return { id: row.id, isNew: row.is_new };
      });
    },

    /** One deployment. */
    async get(id: string): Promise<DeploymentRow | undefined> {
      const [row] = await db.query<DeploymentRow>(
        sql`select ${columns} from ${from} where d.workspace_id = ${ws} and d.id = ${id}`,
        "deployment",
      );
      return row;
    },

    /** One deployment by its flow's name and its own. */
    async getByName(flowName: string, name: string): Promise<DeploymentRow | undefined> {
      const [row] = await db.query<DeploymentRow>(sql`
        select ${columns} from ${from} join flow f on f.workspace_id = d.workspace_id and f.id = d.flow_id
         where d.workspace_id = ${ws} and f.name = ${flowName} and d.name = ${name}`);
      return row;
    },

    /** A page of the deployments that match every filter. */
    async list(
      filters: Partial<RunFilters>,
      sort: DeploymentSort,
      position: Position,
      limit: number,
    ): Promise<Page<DeploymentRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = orders[sort];
      const where = [sql`d.workspace_id = ${ws}`, ...listConditions(filters)];
      const rows = await db.query<DeploymentRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(order)} from ${from} where ${paged(where, order, sql`d.id`, position, limit, sql`deployment d`)}`);
      return toPage(rows, limit);
    },

    /** How many deployments match. */
    async count(filters: Partial<RunFilters>): Promise<number> {
      const where = [sql`d.workspace_id = ${ws}`, ...listConditions(filters)];
      const [row] = await db.query<{ count: number }>(
        sql`select count(*) as count from deployment d where ${all(where)}`,
      );
      return row?.count ?? 0;
    },

    /**
     * Sets fields and changes schedules in one step; planned runs go, and those that stay wanted are planned anew.
     * `dropAll` takes planned runs that are already due as well. False when there is no such deployment.
     */
    async change(
      id: string,
      fields: DeploymentFields,
      changes: ScheduleChanges,
      now: string,
      dropAll = false,
    ): Promise<boolean> {
      const set = assignments(fields).map(([name, value]) => sql`${raw(name)} = ${value}`);
      set.push(...setStops(fields, stopMark(scope, now)), sql`updated = ${now}`);
      return db.transaction(async (query) => {
        const rows = await tellUpdates(query, { ws, noun: "deployment", which: sql`id = ${id}`, now }, () =>
          query<{ status: string }>(
            sql`update deployment set ${join(set, ", ")} where workspace_id = ${ws} and id = ${id} returning status`,
          ),
        );
        if (rows.length === 0) return false;
        if (changes.replaceAll) await replaceSchedules(query, scope, id, changes.replaceAll, now);
        await patchSchedules(query, scope, id, changes.patch ?? [], now);
        await insertSchedules(query, scope, id, changes.create ?? [], now);
        // The schedules first: a scheduler that is planning them finishes or finds its claim gone before runs are dropped.
        await wakeSchedules(query, ws, id, now);
        await dropPlannedRuns(query, ws, id, dropAll ? {} : { after: now });
        await recordVersion(query, ws, id, now);
        const after = rows[0];
        if (fields.disabled !== undefined && after) await query(tellSwitch(ws, id, fields.disabled, after.status, now));
        return true;
      });
    },

    /** Deletes a deployment with its schedules and the runs that have not started. False when there is none. */
    async remove(id: string, now: string): Promise<boolean> {
      return db.transaction(async (query) => {
        // Of two who delete at once, one tells.
        const held = await query(sql`select id from deployment where workspace_id = ${ws} and id = ${id} for update`);
        if (held.length === 0) return false;
        await query(tellChange(ws, "deployment", id, "deleted", now));
        const rows = await query(sql`delete from deployment where workspace_id = ${ws} and id = ${id} returning id`);
        if (rows.length > 0) await dropPlannedRuns(query, ws, id, { alsoAskedFor: true });
        await query(sql`delete from concurrency_limit where workspace_id = ${ws} and name = ${`deployment:${id}`}`);
        return rows.length > 0;
      });
    },

    /** Notes that a runner polled for these deployments, at most every five seconds, and makes them ready. */
    async markPolled(ids: readonly string[], now: string): Promise<void> {
      await db.query(sql`
        with ready as (
          update deployment d set last_polled = ${now}, status = 'READY'
           where d.workspace_id = ${ws} and d.id = any(${ids}::uuid[]) and d.status = 'NOT_READY'
          returning d.workspace_id, d.id, 'ready' as verb, ${now}::timestamptz as at, '{}'::json as payload
        ), polled as (
          update deployment d set last_polled = ${now}
           where d.workspace_id = ${ws} and d.id = any(${ids}::uuid[]) and d.status <> 'NOT_READY'
             and (d.last_polled is null or d.last_polled < ${now}::timestamptz - interval '5 seconds')
        )${raw(toldChanges({ deployment: "ready" }))}
        select id from facts`);
    },
  };
}

/** Tells that a deployment was disabled, or what its status is since it is not. */
function tellSwitch(ws: string, id: string, disabled: boolean, status: string, now: string): Sql {
  return tellChange(ws, "deployment", id, disabled ? "disabled" : statusVerb(status), now);
}

function assignments(fields: DeploymentFields): [name: string, value: Sql][] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [
      name,
      documents.has(name) ? sql`${value}::json` : name === "tags" ? sql`${value}::text[]` : sql`${value}${typed(name)}`,
    ]);
}

/** Types of columns whose parameter PostgreSQL cannot guess inside a select list. */
function typed(name: string): Sql {
  if (name === "paused" || name === "disabled" || name === "enforce_parameter_schema") return raw("::boolean");
  if (name === "concurrency_limit") return raw("::int");
  return raw(name.endsWith("_id") || name === "base" || name === "root" ? "::uuid" : "::text");
}

function listConditions(filters: Partial<RunFilters>): Sql[] {
  return deploymentConditions("d", filters);
}

async function patchSchedules(
  query: Query,
  scope: Pick<Scope, "workspaceId" | "by">,
  deploymentId: string,
  patches: { id: string; fields: SchedulePatch }[],
  now: string,
): Promise<void> {
  const { workspaceId: ws } = scope;
  const renamed = patches.filter(({ fields }) => fields.slug !== undefined).map(({ id }) => id);
  // Two schedules may swap slugs: all let go of theirs before any takes a new one.
  if (renamed.length > 0)
    await query(
      sql`update deployment_schedule set slug = null where workspace_id = ${ws} and id = any(${renamed}::uuid[])`,
    );
  for (const { id, fields } of patches) {
    const set = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) =>
        name === "schedule" || name === "parameters"
          ? sql`${raw(name)} = ${value}::json`
          : sql`${raw(name)} = ${value}`,
      );
    await query(sql`
      update deployment_schedule set ${join([...set, ...setStops(fields, stopMark(scope, now)), sql`updated = ${now}`], ", ")}
       where workspace_id = ${ws} and deployment_id = ${deploymentId} and id = ${id}`);
  }
}
