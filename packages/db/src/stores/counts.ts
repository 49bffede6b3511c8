import type { FlowRunFilter, RunFilters, StateType } from "@weir/contracts";
import type { Db } from "../client.ts";
import { flowRunConditions, taskRunConditions } from "../filters/relations.ts";
import type { Scope } from "../scope.ts";
import { all, sql } from "../sql.ts";

/** How many there are of a thing. */
export type CountOf = { id: string; count: number };

/** The next run of a flow. */
export type NextRun = {
  id: string;
  flow_id: string;
  name: string;
  state_name: string;
  state_type: StateType;
  next_scheduled_start_time: string;
};

/** How many task runs that began in one of equal stretches of time completed or were cancelled, and how many failed. */
export type OutcomeCell = { stretch: number; completed: number; failed: number };

/** Counts by something, in one workspace; what is not there has no row. */
export function counts(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Deployments of each flow. */
    async deploymentsOfFlows(flowIds: readonly string[]): Promise<CountOf[]> {
      return db.query<CountOf>(sql`
        select d.flow_id as id, count(*) as count from deployment d
         where d.workspace_id = ${ws} and d.flow_id = any(${flowIds}::uuid[]) group by d.flow_id`);
    },

    /** The scheduled run of each flow that is due first. */
    async nextRunsOfFlows(flowIds: readonly string[]): Promise<NextRun[]> {
      return db.query<NextRun>(sql`
        select distinct on (r.flow_id) r.id, r.flow_id, r.name, r.state_name, r.state_type, r.next_scheduled_start_time
          from flow_run r
         where r.workspace_id = ${ws} and r.flow_id = any(${flowIds}::uuid[]) and r.state_type = 'SCHEDULED'
           and r.next_scheduled_start_time is not null
         order by r.flow_id, r.next_scheduled_start_time, r.id`);
    },

    /** Task runs of each flow run, those that stand for subflow runs left out. */
    async taskRunsOfFlowRuns(flowRunIds: readonly string[]): Promise<CountOf[]> {
      return db.query<CountOf>(sql`
        select t.flow_run_id as id, count(*) as count from task_run t
         where t.workspace_id = ${ws} and t.flow_run_id = any(${flowRunIds}::uuid[])
           and not exists (select 1 from flow_run s where s.workspace_id = t.workspace_id
             and s.parent_flow_run_id = t.flow_run_id and s.parent_task_run_id = t.id)
         group by t.flow_run_id`);
    },

    /** Flow runs of each work pool that match. */
    async flowRunsOfPools(poolIds: readonly string[], flow_runs: FlowRunFilter): Promise<CountOf[]> {
      const where = [sql`r.workspace_id = ${ws}`, ...flowRunConditions("r", { flow_runs })];
      return db.query<CountOf>(sql`
        select r.work_pool_id as id, count(*) as count from flow_run r
         where ${all(where)} and r.work_pool_id = any(${poolIds}::uuid[]) group by r.work_pool_id`);
    },

    /** Task runs that match, by the type of their state. */
    async taskRunsByState(filters: Partial<RunFilters>): Promise<{ state_type: StateType; count: number }[]> {
      const where = [sql`t.workspace_id = ${ws}`, ...taskRunConditions("t", filters)];
      return db.query(sql`
        select t.state_type, count(*) as count from task_run t where ${all(where)} group by t.state_type`);
    },

    /** How task runs ended that match and began after `start`, by stretches of `seconds`. */
    async taskRunOutcomes(filters: Partial<RunFilters>, start: string, seconds: number): Promise<OutcomeCell[]> {
      const where = [sql`t.workspace_id = ${ws}`, ...taskRunConditions("t", filters)];
      return db.query<OutcomeCell>(sql`
        select floor(extract(epoch from t.start_time - ${start}::timestamptz) / ${seconds}::numeric)::int as stretch,
               count(*) filter (where t.state_type in ('COMPLETED', 'CANCELLED')) as completed,
               count(*) filter (where t.state_type in ('FAILED', 'CRASHED')) as failed
          from task_run t
         where ${all(where)} and t.start_time >= ${start}::timestamptz
           and t.state_type in ('COMPLETED', 'CANCELLED', 'FAILED', 'CRASHED')
         group by 1 order by 1`);
    },
  };
}
