import type { Micros } from "@weir/contracts";
import { Batcher } from "../batcher.ts";
import type { Db } from "../client.ts";
import { arrays, type Columns, unnest } from "./columns.ts";
import { isDatabaseDown, type Manner, type Statement, store } from "./statement.ts";

/** A log line to store. `flowRunId` is the nil uuid for a line of no flow run. */
export type LogLine = {
  workspaceId: string;
  retentionDays: number;
  id: string;
  timestamp: Micros;
  flowRunId: string;
  taskRunId: string | null;
  workerId: string | null;
  level: number;
  name: string;
  message: string;
};

const columns: Columns<LogLine> = [
  ["workspace_id", "uuid", (l) => l.workspaceId],
  ["retention_days", "int4", (l) => l.retentionDays],
  ["id", "uuid", (l) => l.id],
  ["timestamp", "timestamptz", (l) => l.timestamp],
  ["flow_run_id", "uuid", (l) => l.flowRunId],
  ["task_run_id", "uuid", (l) => l.taskRunId],
  ["worker_id", "uuid", (l) => l.workerId],
  ["level", "int2", (l) => l.level],
  ["name", "text", (l) => l.name],
  ["message", "text", (l) => l.message],
];

const text = (skip: string) => `
    with i as (select * from ${unnest(columns)}), stored as (
      insert into log (workspace_id, retention_days, id, timestamp, flow_run_id, task_run_id, worker_id, level, name, message)
      select workspace_id, retention_days, id, timestamp, flow_run_id, task_run_id, worker_id, level, name, message from i
      ${skip}
    )
    insert into outbox (workspace_id, noun, keys)
    select workspace_id, 'log', '[' || string_agg(distinct '"' || flow_run_id || '"', ',') || ']' from i group by workspace_id`;

const statements = {
  fresh: { name: "log_write", text: text("") },
  known: { name: "log_write_known", text: text("on conflict do nothing") },
} satisfies Record<Manner, Statement>;

/** Stores log lines, whole requests at a time; several small requests share a statement. Lines that are there are left. */
export function logWriter(db: Pick<Db, "hot">) {
  return new Batcher<LogLine[], void>({
    weight: (lines) => lines.length,
    maxWeight: 2_000,
    isEveryonesFault: isDatabaseDown,
    async run(groups) {
      await store(db, statements, arrays(groups.flat(), columns));
      return groups.map(() => undefined);
    },
  });
}
