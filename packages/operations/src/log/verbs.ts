import { createHash } from "node:crypto";
import {
  Instant,
  Limit,
  LogFilter,
  LogSort,
  NIL_UUID,
  Offset,
  parseInstant,
  Text,
  toWire,
  Uuid,
} from "@weir/contracts";
import type { LogRow } from "@weir/db";
import { z } from "zod";
import { defineVerb, parseInput } from "../define-verb.ts";
import { walk } from "../paging.ts";
import { batchDigest, lineId } from "./line-id.ts";

const Line = z.object({
  name: Text,
  level: z.number().int().min(-32_768).max(32_767),
  message: Text,
  timestamp: Instant,
  flow_run_id: Uuid.nullish(),
  task_run_id: Uuid.nullish(),
  worker_id: Uuid.nullish(),
});

/** Stores log lines, all or none; lines of one instant keep the order they came in, a batch sent twice is stored once. Returns how many were sent. */
export const writeLogs = defineVerb({
  name: "log.write",
  permission: "run_flows",
  input: z.object({ lines: z.array(z.unknown()), text: z.string().optional() }),
  async run({ store, now }, { lines, text }): Promise<number> {
    if (lines.length === 0) return 0;
    const batch = batchDigest(
      createHash("sha256")
        .update(text ?? toWire(lines))
        .digest("hex"),
    );
    const parsed = lines.map((given, place) => {
      const line = fastLine(given) ?? parseInput(Line, given);
      const timestamp = parseInstant(line.timestamp) ?? now;
      return {
        id: lineId(timestamp, place, batch),
        timestamp,
        flowRunId: line.flow_run_id ?? NIL_UUID,
        taskRunId: line.task_run_id ?? null,
        workerId: line.worker_id ?? null,
        level: line.level,
        name: line.name,
        message: line.message,
      };
    });
    await store.logs.write(parsed);
    return parsed.length;
  },
});

const CANONICAL_INSTANT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The line itself when it is plainly well formed, as nearly all are; undefined sends it through the schema. */
function fastLine(given: unknown): z.output<typeof Line> | undefined {
  const line = given as Partial<Record<keyof z.output<typeof Line>, unknown>> | null;
  if (typeof line !== "object" || line === null) return undefined;
  const { name, level, message, timestamp, flow_run_id, task_run_id, worker_id } = line;
  const uuid = (id: unknown) => id === undefined || id === null || (typeof id === "string" && CANONICAL_UUID.test(id));
  const text = (value: unknown): value is string => typeof value === "string" && !value.includes("\u0000");
  const fits =
    text(name) &&
    text(message) &&
    typeof level === "number" &&
    Number.isInteger(level) &&
    level >= 0 &&
    level <= 32_767 &&
    typeof timestamp === "string" &&
    CANONICAL_INSTANT.test(timestamp) &&
    uuid(flow_run_id) &&
    uuid(task_run_id) &&
    uuid(worker_id);
  return fits ? (line as z.output<typeof Line>) : undefined;
}

/** A page of log lines, oldest first unless told otherwise. */
export const filterLogs = defineVerb({
  name: "log.filter",
  permission: "see_flows",
  input: z.object({ logs: LogFilter, sort: LogSort, limit: Limit, offset: Offset }),
  async run({ store, grant }, { logs, sort, limit, offset }) {
    const asked = `log ${grant.workspaceId} ${sort} ${toWire(logs)}`;
    const rows = await walk(asked, { offset, limit }, (position) => store.logs.list(logs, sort, position, limit));
    return rows.map(wireLog);
  },
});

/** Lines of a flow run after the last one seen, oldest first: what a live log pane pulls. */
export const tailLogs = defineVerb({
  name: "log.tail",
  permission: "see_flows",
  input: z.object({
    flow_run_id: Uuid,
    after: z.object({ timestamp: Instant, id: Uuid }).nullish(),
    level: z.number().int().nullish(),
    text: z.string().max(200).nullish(),
    limit: z.number().int().min(1).max(2_000).default(1_000),
  }),
  async run({ store }, { flow_run_id, after, level, text, limit }) {
    const filter = parseInput(LogFilter, {
      flow_run_id: { any_: [flow_run_id] },
      level: typeof level === "number" ? { ge_: level } : null,
      text: text ? { query: text } : null,
    });
    const position = after ? { after: [after.timestamp, after.id] as const } : { offset: 0 };
    const { rows, next } = await store.logs.list(filter, "TIMESTAMP_ASC", position, limit);
    return { lines: rows.map(wireLog), hasMore: next !== undefined };
  },
});

/** A log line on the wire. */
export function wireLog(row: LogRow): Record<string, unknown> & { id: string; timestamp: string } {
  return {
    id: row.id,
    created: row.timestamp,
    updated: row.timestamp,
    name: row.name,
    level: row.level,
    message: row.message,
    timestamp: row.timestamp,
    flow_run_id: row.flow_run_id === NIL_UUID ? null : row.flow_run_id,
    task_run_id: row.task_run_id,
    worker_id: row.worker_id,
  };
}
