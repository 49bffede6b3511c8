import { randomUUID } from "node:crypto";
import { expectStatus } from "./driver/calls.ts";
import { load } from "./driver/load.ts";
import { type Benchmark, headersOf, pathOf } from "./promise.ts";

const LINES = 100;

/** Log lines, a hundred to a call, each connection for a run and task of its own: what a busy engine sends. */
export const logs: Benchmark = {
  name: "logs",
  unit: "log line",
  timed: "call of 100",
  variants: (seconds) => [
    { label: "16 connections, 100 lines a call", connections: 16, seconds, on: ["weir", "peer"] },
  ],
  async drive(target, { connections, seconds }, began) {
    const path = `${pathOf(target)}/logs/`;
    const clients = Array.from({ length: connections }, () => ({ run: randomUUID(), task: randomUUID() }));
    const calls = await load(
      target.url,
      headersOf(target),
      { connections, seconds, began },
      async (connection, client) => {
        const { run = "", task = "" } = clients[client] ?? {};
        expectStatus(await connection.send("POST", path, batch(run, task)), 201);
      },
    );
    return { ...calls, operations: calls.operations * LINES, perSecond: calls.perSecond * LINES };
  },
};

function batch(run: string, task: string): string {
  const now = Date.now() - LINES;
  let body = "[";
  for (let line = 0; line < LINES; line += 1) {
    const time = `${new Date(now + line).toISOString().slice(0, -1)}481Z`;
    body += `${line > 0 ? "," : ""}{"name":"prefect.task_runs","level":20,"message":"Fetched ${line} rows from s3://bucket/key/part-${line}.parquet in 0.${line} s","timestamp":"${time}","flow_run_id":"${run}","task_run_id":"${task}"}`;
  }
  return `${body}]`;
}
