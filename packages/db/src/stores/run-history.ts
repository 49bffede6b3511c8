import { isTerminal, type StateType, stateTypes } from "@weir/contracts";
import type { Db } from "../client.ts";
import { all, raw, type Sql, sql } from "../sql.ts";

/** One cell of a run history: how many runs of a state in an interval, counted from 0, and their summed times in seconds. */
export type HistoryCell = {
  interval: number;
  state_type: StateType;
  state_name: string;
  count_runs: number;
  sum_estimated_run_time: number;
  sum_estimated_lateness: number;
};

const TERMINAL = stateTypes.filter(isTerminal);

/** Seconds that a run under `alias` started, or still waits to start, after it was expected to; 0 when it was on time. */
export function latenessSql(alias: string, now: string): Sql {
  const col = (name: string) => raw(`${alias}.${name}`);
  return sql`(case
    when ${col("start_time")} > ${col("expected_start_time")}
      then extract(epoch from ${col("start_time")} - ${col("expected_start_time")})
    when ${col("start_time")} is null and ${col("state_type")} <> all(${TERMINAL}::text[])
         and ${col("expected_start_time")} < ${now}::timestamptz
      then extract(epoch from ${now}::timestamptz - ${col("expected_start_time")})
    else 0 end)::float8`;
}

/** Runs by state for each interval of `seconds` from `start`, by when they were expected to start; before `end`. */
export function readHistory(
  db: Db,
  { table, alias, where }: { table: "flow_run" | "task_run"; alias: string; where: readonly Sql[] },
  { start, end, seconds, now }: { start: string; end: string; seconds: number; now: string },
): Promise<HistoryCell[]> {
  const col = (name: string) => raw(`${alias}.${name}`);
  const expected = col("expected_start_time");
  const inSpan = [sql`${expected} >= ${start}::timestamptz`, sql`${expected} < ${end}::timestamptz`];
  return db.query<HistoryCell>(sql`
    select floor(extract(epoch from ${expected} - ${start}::timestamptz) / ${seconds}::numeric)::int as interval,
           ${col("state_type")}, ${col("state_name")}, count(*) as count_runs,
           sum(greatest(0, ${col("total_run_time")} + case when ${col("state_type")} = 'RUNNING'
             then extract(epoch from ${now}::timestamptz - ${col("state_timestamp")}) else 0 end)) as sum_estimated_run_time,
           sum(${latenessSql(alias, now)}) as sum_estimated_lateness
      from ${raw(`${table} ${alias}`)} where ${all([...where, ...inSpan])}
     group by 1, 2, 3 order by 1, 2, 3`);
}
