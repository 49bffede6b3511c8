import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { unnest } from "./flow-run-effects.ts";
import { columns, execute, isDatabaseDown } from "./statement.ts";

/** A log line to store. `flowRunId` is the nil uuid for a line of no flow run. */
export type LogLine = {
  workspaceId: string;
  retentionDays: number;
  id: string;
  timestamp: string;
  flowRunId: string;
  taskRunId: string | null;
  workerId: string | null;
  level: number;
  name: string;
  message: string;
};

const inputs = [
  ["workspace_id", "uuid"],
  ["retention_days", "int"],
  ["id", "uuid"],
  ["timestamp", "timestamptz"],
  ["flow_run_id", "uuid"],
  ["task_run_id", "uuid"],
  ["worker_id", "uuid"],
  ["level", "smallint"],
  ["name", "text"],
  ["message", "text"],
] as const;

const picks: ((line: LogLine) => unknown)[] = [
  (l) => l.workspaceId,
  (l) => l.retentionDays,
  (l) => l.id,
  (l) => l.timestamp,
  (l) => l.flowRunId,
  (l) => l.taskRunId,
  (l) => l.workerId,
  (l) => l.level,
  (l) => l.name,
  (l) => l.message,
];

const statement = {
  name: "log_write",
  text: `
    with i as (select * from ${unnest(inputs)}), stored as (
      insert into log (workspace_id, retention_days, id, timestamp, flow_run_id, task_run_id, worker_id, level, name, message)
      select workspace_id, retention_days, id, timestamp, flow_run_id, task_run_id, worker_id, level, name, message from i
    )
    insert into outbox (workspace_id, noun, keys)
    select workspace_id, 'log', '[' || string_agg(distinct '"' || flow_run_id || '"', ',') || ']' from i group by workspace_id`,
};

/** Stores log lines, whole requests at a time; several small requests share a statement. */
export function logWriter(db: Pick<Db, "hot">) {
  return new Batcher<LogLine[], void>({
    weight: (lines) => lines.length,
    maxWeight: 2_000,
    isEveryonesFault: isDatabaseDown,
    async run(groups) {
      await execute(db, statement, columns(groups.flat(), picks));
      return groups.map(() => undefined);
    },
  });
}
