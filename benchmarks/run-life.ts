import { randomUUID } from "node:crypto";
import { createFlow, createFlowRun, expectStatus, proposal } from "./driver/calls.ts";
import { load } from "./driver/load.ts";
import { type Benchmark, headersOf, pathOf } from "./promise.ts";

/** The whole life of a run, as a worker and its engine lead it: created as scheduled, then Pending, Running, Completed. */
export const runLife: Benchmark = {
  name: "run_life",
  unit: "life of a run",
  timed: "life",
  variants: (seconds) => [{ label: "16 connections", connections: 16, seconds, on: ["weir", "peer"] }],
  async drive(target, { connections, seconds }, began) {
    const base = pathOf(target);
    const flowId = await createFlow(target, "bench-run-life");
    return load(target.url, headersOf(target), { connections, seconds, began }, async (connection) => {
      const id = await createFlowRun(connection, base, flowId, "SCHEDULED", randomUUID());
      for (const [type, name] of [
        ["PENDING", "Pending"],
        ["RUNNING", "Running"],
        ["COMPLETED", "Completed"],
      ] as const) {
        expectStatus(await connection.send("POST", `${base}/flow_runs/${id}/set_state`, proposal(type, name)), 201);
      }
    });
  },
};
