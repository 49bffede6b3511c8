import { randomUUID } from "node:crypto";
import { createFlow, createFlowRun, expectStatus, proposal } from "./driver/calls.ts";
import type { Connection } from "./driver/connection.ts";
import { load } from "./driver/load.ts";
import { type Benchmark, headersOf, pathOf } from "./promise.ts";

/**
 * Proposing states, each connection for a run of its own. Running and AwaitingRetry take turns: both are accepted by both
 * servers, and the run enters and leaves the set of those that wait, so that no index is spared its update.
 */
export const setState: Benchmark = {
  name: "set_state",
  unit: "transition",
  timed: "call",
  variants: (seconds) => [
    { label: "1 connection", connections: 1, seconds, on: ["weir", "unbatched", "peer"] },
    { label: "16 connections", connections: 16, seconds, on: ["weir", "peer"] },
    { label: "64 connections", connections: 64, seconds, on: ["weir", "peer"] },
  ],
  async drive(target, { connections, seconds }, began) {
    const base = pathOf(target);
    const flowId = await createFlow(target, "bench-set-state");
    const runs: string[] = [];
    const states = [
      () => proposal("SCHEDULED", "AwaitingRetry", new Date().toISOString()),
      () => proposal("RUNNING", "Running"),
    ];
    const turns: number[] = [];
    return load(
      target.url,
      headersOf(target),
      { connections, seconds, began },
      async (connection: Connection, client) => {
        runs[client] ??= await createFlowRun(connection, base, flowId, "PENDING", randomUUID());
        const turn = (turns[client] ?? 0) + 1;
        turns[client] = turn;
        const body = states[turn % 2]?.() ?? "";
        expectStatus(await connection.send("POST", `${base}/flow_runs/${runs[client]}/set_state`, body), 201);
      },
    );
  },
};
