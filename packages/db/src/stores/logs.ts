import { type LogFilter, type LogSort, NIL_UUID } from "@weir/contracts";
import type { Db } from "../client.ts";
import { both, combine, identified, idOrNull, within } from "../filters/conditions.ts";
import { textMatches } from "../filters/text.ts";
import type { Hot } from "../hot/hot.ts";
import type { LogLine } from "../hot/log-write.ts";
import { type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { raw, type Sql, sql } from "../sql.ts";

/** A stored log line. `flow_run_id` is the nil uuid for a line of no flow run. */
export type LogRow = {
  id: string;
  name: string;
  level: number;
  message: string;
  timestamp: string;
  flow_run_id: string;
  task_run_id: string | null;
  worker_id: string | null;
};

/** Log lines of one workspace. */
export function logs(db: Db, hot: Hot, { workspaceId: ws, retentionDays }: Scope) {
  return {
    /** Stores lines; the order inside the call is kept for lines of one instant. */
    write(lines: Omit<LogLine, "workspaceId" | "retentionDays">[]): Promise<void> {
      return hot.writeLogs.submit(lines.map((line) => ({ ...line, workspaceId: ws, retentionDays })));
    },

    /** A page of the lines that match, by time. */
    async list(filter: LogFilter, sort: LogSort, position: Position, limit: number): Promise<Page<LogRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const order = { by: sql`l.timestamp`, type: "timestamptz" as const, descending: sort === "TIMESTAMP_DESC" };
      const where = [sql`l.workspace_id = ${ws}`, sql`l.retention_days = ${retentionDays}`];
      const matching = logMatches(filter);
      if (matching) where.push(matching);
      const tasks = filter?.task_run_id?.any_;
      if (tasks && !filter.flow_run_id?.any_ && filter.operator !== "or_" && filter.task_run_id?.operator !== "or_") {
        // Lines are kept by flow run: a task run's are found through the run that holds it, where that is not told.
        where.push(sql`l.flow_run_id = any(array(
          select coalesce(t.flow_run_id, ${NIL_UUID}::uuid) from task_run t where t.workspace_id = ${ws} and t.id = any(${tasks}::uuid[])
          union all select ${NIL_UUID}::uuid))`);
      }
      const rows = await db.query<LogRow & { sort_key: string }>(sql`
        select l.id, l.name, l.level, l.message, l.timestamp, l.flow_run_id, l.task_run_id, l.worker_id, ${sortKey(order)}
          from log l where ${paged(where, order, sql`l.id`, position, limit, sql`log l`)}`);
      return toPage(rows, limit);
    },

    /** How many lines a flow run has, and how many of them at each level. */
    async countByLevel(flowRunId: string): Promise<{ level: number; count: number }[]> {
      return db.query(sql`
        select l.level, count(*) as count from log l
         where l.workspace_id = ${ws} and l.retention_days = ${retentionDays} and l.flow_run_id = ${flowRunId}
         group by l.level order by l.level`);
    },
  };
}

/** Condition on a log row under the alias `l`. */
function logMatches(filter: LogFilter): Sql | undefined {
  if (!filter) return undefined;
  return combine(filter.operator, [
    filter.level &&
      both(
        typeof filter.level.ge_ === "number" ? sql`l.level >= ${filter.level.ge_}` : undefined,
        typeof filter.level.le_ === "number" ? sql`l.level <= ${filter.level.le_}` : undefined,
      ),
    within(raw("l.timestamp"), filter.timestamp),
    identified(raw("l.flow_run_id"), filter.flow_run_id),
    idOrNull(raw("l.task_run_id"), filter.task_run_id),
    identified(raw("l.worker_id"), filter.worker_id),
    filter.loggers?.any_ ? sql`l.name = any(${filter.loggers.any_}::text[])` : undefined,
    filter.text ? textMatches(raw("l.message || ' ' || l.name"), filter.text.query) : undefined,
  ]);
}
