import { randomUUID } from "node:crypto";
import { createDeployment, expectStatus } from "./driver/calls.ts";
import { load } from "./driver/load.ts";
import { type Benchmark, headersOf, pathOf } from "./promise.ts";

/** A run of a deployment, asked for as `prefect deployment run` and other flows ask: due at once, with parameters of its own. */
export const createRun: Benchmark = {
  name: "create_flow_run",
  unit: "run made",
  timed: "call",
  variants: (seconds) => [
    { label: "16 connections", connections: 16, seconds, on: ["weir", "peer"] },
    { label: "64 connections", connections: 64, seconds, on: ["weir", "peer"] },
  ],
  async drive(target, { connections, seconds }, began) {
    const id = await createDeployment(target, "bench-create", null);
    const path = `${pathOf(target)}/deployments/${id}/create_flow_run`;
    return load(target.url, headersOf(target), { connections, seconds, began }, async (connection) => {
      const body = `{"state":{"type":"SCHEDULED","name":"Scheduled","message":null,"state_details":{"scheduled_time":"${new Date().toISOString()}"},"data":null},"name":null,"parameters":{"n":3,"source":"s3://bucket/${randomUUID()}"},"enforce_parameter_schema":true,"context":{},"infrastructure_document_id":null,"empirical_policy":{"retries":null,"retry_delay":null},"tags":[],"idempotency_key":null,"parent_task_run_id":null,"work_queue_name":null,"job_variables":null,"labels":{}}`;
      expectStatus(await connection.send("POST", path, body), 201);
    });
  },
};
