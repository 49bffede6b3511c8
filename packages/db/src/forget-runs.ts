import type { Db } from "./client.ts";
import { raw, type Sql, sql } from "./sql.ts";

/** What one turn of forgetting deleted; `isMore` when it stopped at its bound. */
export type Forgotten = { flowRuns: number; taskRuns: number; artifacts: number; isMore: boolean };

/** Of each kind of end, and of each workspace, at most this many flow runs go in one turn. */
const RUNS_AT_ONCE = 200;
/** A turn deletes at most this many of any other row: some runs have very many tasks. */
const ROWS_AT_ONCE = 5_000;

/** The types of states that end a run. */
export const ENDED = ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"];

/**
 * Deletes flow runs that ended longer ago than their workspace keeps history, with their task runs and inputs; task runs
 * of no flow that ended so long ago; and artifacts that were made so long ago. A bounded number in a turn. Runs that have
 * not ended stay, however old. One copy at a time: another's turn does nothing meanwhile.
 */
export async function forgetRuns(db: Db, now: Date): Promise<Forgotten> {
  return db.transaction(async (query) => {
    const nothing = { flowRuns: 0, taskRuns: 0, artifacts: 0, isMore: false };
    const [turn] = await query<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(4711002) as mine`);
    if (!turn?.mine) return nothing;
    const kept = sql`${now.toISOString()}::timestamptz - make_interval(days => w.retention_days)`;
    // What ended before then was made before then, so its id, which starts with the time, is among the smallest.
    const old = await query<{ workspace_id: string; id: string }>(sql`
      select r.workspace_id, r.id
        from workspace w cross join unnest(${ENDED}::text[]) as ended (type) cross join lateral (
          select r.workspace_id, r.id from flow_run r
           where r.workspace_id = w.id and r.state_type = ended.type and r.id < ${smallestIdOf(kept)} and r.state_timestamp < ${kept}
           order by r.id limit ${RUNS_AT_ONCE}) as r`);
    const these = sql`(select * from unnest(${old.map((run) => run.workspace_id)}::uuid[], ${old.map((run) => run.id)}::uuid[])
      as old (workspace_id, id))`;
    const tasks = await query(sql`
      delete from task_run where ctid in (
        select t.ctid from ${these} as old join task_run t on t.workspace_id = old.workspace_id and t.flow_run_id = old.id
         limit ${ROWS_AT_ONCE}) returning 1`);
    // A run goes after the last of its tasks, so that those that are left are found the next time.
    const hasAll = tasks.length < ROWS_AT_ONCE;
    const runs = hasAll
      ? await query(sql`
          with gone as (
            delete from flow_run r using ${these} as old, workspace w
             where r.workspace_id = old.workspace_id and r.id = old.id and w.id = r.workspace_id
               and r.state_type = any(${ENDED}::text[]) and r.state_timestamp < ${kept}
            returning r.workspace_id, r.id
          ), inputs as (
            delete from flow_run_input i using gone where i.workspace_id = gone.workspace_id and i.flow_run_id = gone.id
          )
          select 1 from gone`)
      : [];
    const alone = await query(sql`
      delete from task_run where ctid in (
        select t.ctid from workspace w cross join lateral (
          select t.ctid from task_run t
           where t.workspace_id = w.id and t.flow_run_id is null and t.created < ${kept}
             and t.state_type = any(${ENDED}::text[]) and t.state_timestamp < ${kept}
           order by t.created limit ${ROWS_AT_ONCE}) as t
         limit ${ROWS_AT_ONCE}) returning 1`);
    const artifacts = await query(sql`
      with gone as (
        delete from artifact where (workspace_id, id) in (
          select a.workspace_id, a.id from workspace w cross join lateral (
            select a.workspace_id, a.id from artifact a
             where a.workspace_id = w.id and a.id < ${smallestIdOf(kept)} and a.created < ${kept}
             order by a.id limit ${ROWS_AT_ONCE}) as a
           limit ${ROWS_AT_ONCE}) returning workspace_id, id
      ), collections as (
        -- The latest of its key is the last to grow old.
        delete from artifact_collection c using gone where c.workspace_id = gone.workspace_id and c.latest_id = gone.id
      )
      select 1 from gone`);
    return {
      flowRuns: runs.length,
      taskRuns: tasks.length + alone.length,
      artifacts: artifacts.length,
      isMore:
        !hasAll || runs.length >= RUNS_AT_ONCE || alone.length >= ROWS_AT_ONCE || artifacts.length >= ROWS_AT_ONCE,
    };
  });
}

/** The smallest version 7 uuid that an instant gives. */
function smallestIdOf(instant: Sql): Sql {
  return sql`(lpad(to_hex(floor(extract(epoch from ${instant}) * 1000)::bigint), 12, '0') || ${raw("'70008000000000000000'")})::uuid`;
}
