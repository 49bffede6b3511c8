import { notFound, Uuid } from "@weir/contracts";
import type { LogRow, Position, WorkspaceStore } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";

/** Lines that are read at once. */
const AT_ONCE = 1000;

/** A file that is sent while it is read. */
export type Download = { filename: string; parts: AsyncIterable<string> };

/** All log lines of a flow run as CSV, oldest first. */
export const downloadLogs = defineVerb({
  name: "log.download",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }): Promise<Download> {
    const run = await store.flowRuns.get(id);
    if (!run) throw notFound("Flow run");
    return { filename: `${run.name}-logs.csv`, parts: csv(store, id) };
  },
});

async function* csv(store: WorkspaceStore, id: string): AsyncGenerator<string> {
  yield row(["timestamp", "level", "flow_run_id", "task_run_id", "message"]);
  let position: Position | undefined = { offset: 0 };
  while (position) {
    const page: Awaited<ReturnType<typeof store.logs.list>> = await store.logs.list(
      { flow_run_id: { any_: [id] } },
      "TIMESTAMP_ASC",
      position,
      AT_ONCE,
    );
    yield page.rows.map(lineOf).join("");
    position = page.next && { after: page.next };
  }
}

function lineOf({ timestamp, level, flow_run_id, task_run_id, message }: LogRow): string {
  return row([timestamp, String(level), flow_run_id, task_run_id ?? "", message]);
}

/** A row as RFC 4180 has it. */
function row(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`;
}
