import type { JsonText } from "@weir/contracts";
import type { Db } from "../client.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { raw, sql } from "../sql.ts";
import { dropPlannedRuns, type Query, wakeSchedules } from "./schedules.ts";

/** A version's row, with the names of its pool and queue as they are now. */
export type DeploymentVersionRow = {
  id: string;
  created: string;
  updated: string;
  deployment_id: string;
  last_active: string;
  description: string | null;
  version: string | null;
  tags: string[];
  labels: JsonText;
  entrypoint: string | null;
  path: string | null;
  pull_steps: JsonText | null;
  parameters: JsonText;
  parameter_openapi_schema: JsonText | null;
  enforce_parameter_schema: boolean;
  job_variables: JsonText;
  work_pool_name: string | null;
  work_queue_id: string | null;
  work_queue_name: string | null;
  version_info: JsonText;
  created_by: JsonText | null;
};

/** What a version is told as, as SQL: one that was deployed without saying goes by its free text, or else by its id. */
export function versionInfo(alias: string, id: string): string {
  return `coalesce(${alias}.version_info, json_build_object('type', 'prefect:simple', 'version', coalesce(${alias}.version, ${id}::text)))`;
}

/** Versions of a deployment that are kept; of more, the oldest go. */
const KEPT = 100;

/** What a version holds: everything that runs are made from. Schedules, pauses and limits are not of it. */
const held = [
  ...["description", "version", "tags", "labels", "entrypoint", "path", "pull_steps", "parameters"],
  ...["parameter_openapi_schema", "enforce_parameter_schema", "job_variables"],
  ...["work_pool_id", "work_queue_id", "work_queue_name", "version_info"],
];
const of = (alias: string, suffix = "") => held.map((name) => `${alias}.${name}${suffix}`).join(", ");

const columns = raw(
  `v.id, v.created, v.updated, v.deployment_id, v.last_active, v.description, v.version, v.tags, v.labels, v.entrypoint,
   v.path, v.pull_steps, v.parameters, v.parameter_openapi_schema, v.enforce_parameter_schema, v.job_variables,
   p.name as work_pool_name, v.work_queue_id, coalesce(q.name, v.work_queue_name) as work_queue_name,
   ${versionInfo("v", "v.id")} as version_info,
   v.created_by`,
);
const from = raw(
  `deployment_version v left join work_queue q on q.workspace_id = v.workspace_id and q.id = v.work_queue_id
   left join work_pool p on p.workspace_id = v.workspace_id and p.id = v.work_pool_id`,
);
const newestFirst: Order = { by: sql`v.created`, type: "timestamptz", descending: true };

/** Versions of one workspace's deployments. They are made by what changes a deployment. */
export function deploymentVersions(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** One version of a deployment. */
    async get(deploymentId: string, id: string): Promise<DeploymentVersionRow | undefined> {
      const [row] = await db.query<DeploymentVersionRow>(sql`
        select ${columns} from ${from}
         where v.workspace_id = ${ws} and v.deployment_id = ${deploymentId} and v.id = ${id}`);
      return row;
    },

    /** A page of a deployment's versions, newest first. */
    async list(deploymentId: string, position: Position, limit: number): Promise<Page<DeploymentVersionRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const where = [sql`v.workspace_id = ${ws}`, sql`v.deployment_id = ${deploymentId}`];
      const rows = await db.query<DeploymentVersionRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(newestFirst)} from ${from}
         where ${paged(where, newestFirst, sql`v.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** How many versions of a deployment are kept. */
    async count(deploymentId: string): Promise<number> {
      const [row] = await db.query<{ count: number }>(sql`
        select count(*) as count from deployment_version v where v.workspace_id = ${ws} and v.deployment_id = ${deploymentId}`);
      return row?.count ?? 0;
    },

    /**
     * Makes a deployment what it was in a version, but for a pool that is gone. Runs planned for the future are planned
     * anew. False when there is no such version.
     */
    async promote(deploymentId: string, id: string, now: string): Promise<boolean> {
      const set = raw(
        held
          .filter((name) => !name.startsWith("work_"))
          .map((name) => `${name} = v.${name}`)
          .join(", "),
      );
      return db.transaction(async (query) => {
        const rows = await query(sql`
          update deployment d
             set ${set}, work_pool_id = q.work_pool_id, work_queue_id = q.id, work_queue_name = q.name,
                 version_id = v.id, updated = ${now}
            from deployment_version v
            left join work_queue q on q.workspace_id = v.workspace_id and q.id = v.work_queue_id
           where d.workspace_id = ${ws} and d.id = ${deploymentId}
             and v.workspace_id = d.workspace_id and v.deployment_id = d.id and v.id = ${id}
          returning d.id`);
        if (rows.length === 0) return false;
        await query(sql`update deployment_version set last_active = ${now} where workspace_id = ${ws} and id = ${id}`);
        await wakeSchedules(query, ws, deploymentId, now);
        await dropPlannedRuns(query, ws, deploymentId, { after: now });
        return true;
      });
    },

    /** Deletes a version. `live`: its deployment is that version now, nothing was deleted. */
    async remove(deploymentId: string, id: string): Promise<"done" | "missing" | "live"> {
      const [row] = await db.query<{ is_live: boolean; is_gone: boolean }>(sql`
        with known as (
          select v.id, exists (select 1 from deployment d where d.workspace_id = ${ws} and d.id = v.deployment_id
                                  and d.version_id = v.id) as is_live
            from deployment_version v
           where v.workspace_id = ${ws} and v.deployment_id = ${deploymentId} and v.id = ${id}
        ), gone as (
          delete from deployment_version v using known where v.workspace_id = ${ws} and v.id = known.id and not known.is_live
          returning v.id
        )
        select is_live, exists (select 1 from gone) as is_gone from known`);
      return row === undefined ? "missing" : row.is_live ? "live" : "done";
    },
  };
}

/**
 * Keeps what a deployment has become as a version of it, within the transaction that changed it; nothing when nothing that
 * a version holds has changed. What it was is last active now.
 */
export async function recordVersion(query: Query, ws: string, deploymentId: string, now: string): Promise<void> {
  // JSON has no equality of its own: as text, which is what was sent.
  const compared = (alias: string) => raw(of(alias, "::text"));
  const made = await query<{ id: string }>(sql`
    with now_live as (
      select d.* from deployment d where d.workspace_id = ${ws} and d.id = ${deploymentId}
    ), was_live as (
      update deployment_version v set last_active = ${now} from now_live d
       where v.workspace_id = ${ws} and v.id = d.version_id and (${compared("v")}) is distinct from (${compared("d")})
      returning v.id
    ), made as (
      insert into deployment_version (workspace_id, id, created, updated, deployment_id, last_active, created_by, ${raw(held.join(", "))})
      select d.workspace_id, gen_random_uuid(), ${now}, ${now}, d.id, ${now}, coalesce(d.updated_by, d.created_by), ${raw(of("d"))}
        from now_live d where d.version_id is null or exists (select 1 from was_live)
      returning id
    )
    update deployment d set version_id = made.id from made where d.workspace_id = ${ws} and d.id = ${deploymentId}
    returning d.id`);
  if (made.length === 0) return;
  await query(sql`
    delete from deployment_version v using (
      select id from deployment_version where workspace_id = ${ws} and deployment_id = ${deploymentId}
       order by created desc, id desc offset ${KEPT}) as old
     where v.workspace_id = ${ws} and v.id = old.id`);
}
