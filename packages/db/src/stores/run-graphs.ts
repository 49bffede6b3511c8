import type { JsonText, StateType } from "@weir/contracts";
import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";

/** A task run of a flow run, or the subflow run that it stands for. */
export type GraphRunRow = {
  kind: "flow-run" | "task-run";
  id: string;
  label: string;
  state_type: StateType;
  start_time: string;
  end_time: string | null;
  task_inputs: JsonText;
};

/** An artifact as a graph shows it: data only of progress. */
export type GraphArtifactRow = {
  id: string;
  created: string;
  key: string | null;
  type: string | null;
  task_run_id: string | null;
  is_latest: boolean;
  data: JsonText | null;
};

/** What the graphs of flow runs are drawn from, in one workspace. */
export function runGraphs(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** When a flow run began, or should begin, and ended; `undefined` when there is no such run. */
    async span(flowRunId: string): Promise<{ start_time: string; end_time: string | null } | undefined> {
      const [row] = await db.query<{ start_time: string; end_time: string | null }>(sql`
        select coalesce(r.start_time, r.expected_start_time) as start_time, r.end_time
          from flow_run r where r.workspace_id = ${ws} and r.id = ${flowRunId}`);
      return row;
    },

    /** Its task runs and subflow runs that have begun, or are expected to, in the order they began; `limit` at most. */
    async runs(flowRunId: string, limit: number): Promise<GraphRunRow[]> {
      return db.query<GraphRunRow>(sql`
        select case when s.id is null then 'task-run' else 'flow-run' end as kind, coalesce(s.id, t.id) as id,
               coalesce(s.flow_name || ' / ' || s.name, t.name) as label, coalesce(s.state_type, t.state_type) as state_type,
               coalesce(s.start_time, s.expected_start_time, t.start_time, t.expected_start_time) as start_time,
               coalesce(s.end_time, t.end_time, case when t.state_type = 'COMPLETED' then t.expected_start_time end) as end_time,
               t.task_inputs
          from task_run t
          left join (
            select r.*, f.name as flow_name from flow_run r join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id
             where r.workspace_id = ${ws} and r.parent_flow_run_id = ${flowRunId}) as s on s.parent_task_run_id = t.id
         where t.workspace_id = ${ws} and t.flow_run_id = ${flowRunId}
           and coalesce(s.start_time, s.expected_start_time, t.start_time, t.expected_start_time) is not null
         order by 5, 6, 2 limit ${limit}`);
    },

    /** The artifacts made in a flow run, results apart, oldest first; `limit` at most. */
    async artifacts(flowRunId: string, limit: number): Promise<GraphArtifactRow[]> {
      return db.query<GraphArtifactRow>(sql`
        select a.id, a.created, a.key, a.type, a.task_run_id, a.key is null or c.id is not null as is_latest,
               case when a.type = 'progress' then a.data end as data
          from artifact a
          left join artifact_collection c on c.workspace_id = a.workspace_id and c.key = a.key and c.latest_id = a.id
         where a.workspace_id = ${ws} and a.flow_run_id = ${flowRunId} and a.type <> 'result'
         order by a.created, a.id limit ${limit}`);
    },
  };
}
