import type { JsonText } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { Memory } from "../memory.ts";
import { versionInfo } from "../stores/deployment-versions.ts";
import type { DeploymentRow } from "../stores/deployments.ts";
import { arrays, type RowId, rowIds, unnest } from "./columns.ts";
import { mark, sources } from "./deployment-mark.ts";
import { execute, isDatabaseDown } from "./statement.ts";

/** What runs of a deployment are made from, with its flow, and the pool and queue where they go (null: none). */
export type DeploymentForRuns = Pick<
  DeploymentRow,
  | "id"
  | "name"
  | "flow_id"
  | "version"
  | "version_id"
  | "live_version_info"
  | "disabled"
  | "tags"
  | "labels"
  | "parameters"
  | "parameter_openapi_schema"
  | "enforce_parameter_schema"
  | "job_variables"
  | "work_pool_id"
  | "work_pool_name"
  | "work_pool_type"
  | "work_queue_id"
  | "work_queue_name"
> & {
  flow_name: string;
  base_job_template: JsonText | null;
  /** Changes with anything of the above: a run is stored only as long as it is still the deployment's. */
  mark: string;
};

const statement = {
  name: "deployment_read",
  text: `
    select d.workspace_id, d.id, d.name, d.flow_id, f.name as flow_name, d.version, d.version_id,
           case when d.version_id is not null then ${versionInfo("d", "d.version_id")} end as live_version_info, d.disabled,
           d.tags, d.labels, d.parameters, d.parameter_openapi_schema, d.enforce_parameter_schema, d.job_variables,
           d.work_pool_id, p.name as work_pool_name, p.type as work_pool_type, p.base_job_template, d.work_queue_id,
           coalesce(q.name, d.work_queue_name) as work_queue_name, ${mark} as mark
      from ${unnest(rowIds, { as: "wanted" })} join ${sources("wanted.workspace_id", "wanted.id")}`,
};

/** Characters of documents that a process remembers. What is made of them, parsed and ready for use, is several times that. */
const REMEMBERED = 4_000_000;

/**
 * Reads deployments to make runs of, many in one statement, and remembers them. `recalled` may be out of date: whoever makes
 * a run of it has the mark checked as the run is stored, and whoever refuses one reads it first.
 */
export function deploymentReader(db: Pick<Db, "hot">) {
  const memory = new Memory<DeploymentForRuns>(REMEMBERED, lengthOf);
  const reads = new Batcher<RowId, DeploymentForRuns | undefined>({
    isEveryonesFault: isDatabaseDown,
    async run(items) {
      const rows = await execute<DeploymentForRuns & { workspace_id: string }>(db, statement, arrays(items, rowIds));
      const found = new Map(rows.map(({ workspace_id, ...row }) => [workspace_id + row.id, row]));
      return items.map((item) => found.get(item.workspaceId + item.id));
    },
  });
  return {
    /** The deployment as it was read last; `undefined` when it is not remembered. */
    recalled: ({ workspaceId, id }: RowId) => memory.get(workspaceId + id),

    /** The deployment as it is; `undefined` when there is none. */
    async read(wanted: RowId): Promise<DeploymentForRuns | undefined> {
      const row = await reads.submit(wanted);
      const key = wanted.workspaceId + wanted.id;
      if (row) memory.set(key, row);
      else memory.forget(key);
      return row;
    },
  };
}

function lengthOf(row: DeploymentForRuns): number {
  let length = 500;
  for (const value of Object.values(row)) {
    if (typeof value === "string") length += value.length;
    else if (Array.isArray(value)) length += value.join().length;
    else if (typeof value === "object" && value !== null) length += value.text.length;
  }
  return length;
}
