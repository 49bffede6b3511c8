import type { ArtifactFilter, RunFilters } from "@weir/contracts";
import { raw, type Sql, sql } from "../sql.ts";
import { among, both, combine, identified, named, nullness } from "./conditions.ts";
import { taskRunMatches } from "./nouns.ts";
import { flowRunConditions } from "./relations.ts";

/** Conditions on an artifact's row under `alias`, with those on the runs that made it. */
export function artifactConditions(alias: string, filter: ArtifactFilter, runs: Partial<RunFilters>): Sql[] {
  const col = (name: string) => raw(`${alias}.${name}`);
  const { task_runs, ...others } = runs;
  const ofRun = flowRunConditions("fr", others);
  const ofTask = taskRunMatches("t", task_runs);
  return [
    filter &&
      combine(filter.operator, [
        identified(col("id"), filter.id),
        identified(col("id"), filter.latest_id),
        filter.key &&
          both(
            named(col("key"), filter.key),
            nullness(col("key"), typeof filter.key.exists_ === "boolean" ? !filter.key.exists_ : undefined),
          ),
        identified(col("flow_run_id"), filter.flow_run_id),
        identified(col("task_run_id"), filter.task_run_id),
        among(col("type"), filter.type),
      ]),
    ofRun.length === 0
      ? undefined
      : sql`exists (select 1 from flow_run fr where fr.workspace_id = ${col("workspace_id")} and fr.id = ${col("flow_run_id")}
          and ${ofRun.reduce((left, right) => sql`${left} and ${right}`)})`,
    ofTask &&
      sql`exists (select 1 from task_run t where t.workspace_id = ${col("workspace_id")} and t.id = ${col("task_run_id")} and ${ofTask})`,
  ].filter((condition) => condition !== undefined && condition !== null);
}
