import { randomUUID } from "node:crypto";
import { headersOf, pathOf, type Target } from "../promise.ts";
import { type Answer, Connection } from "./connection.ts";

// Bodies as the released client, 3.8.8, sends them.

/** Throws unless the answer has this status and, to a proposed state, accepts it. */
export function expectStatus(answer: Answer, ...statuses: number[]): void {
  if (!statuses.includes(answer.status)) throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`);
  if (/"status":"(?:REJECT|WAIT|ABORT)"/.test(answer.body)) throw new Error(answer.body.slice(-300));
}

/** The id in an answer's body. */
function idIn(answer: Answer): string {
  expectStatus(answer, 200, 201);
  return (JSON.parse(answer.body) as { id: string }).id;
}

/** Makes the flow, or finds it, on a connection of its own. */
export async function createFlow(target: Target, name: string): Promise<string> {
  const connection = await Connection.open(target.url, headersOf(target));
  const id = idIn(
    await connection.send("POST", `${pathOf(target)}/flows/`, JSON.stringify({ name, tags: [], labels: {} })),
  );
  connection.close();
  return id;
}

/** Makes a deployment, or finds it, of a flow of its name and in the default queue of a pool, which is made too. */
export async function createDeployment(target: Target, name: string, pool: string | null): Promise<string> {
  const flowId = await createFlow(target, name);
  const connection = await Connection.open(target.url, headersOf(target));
  const post = (path: string, body: unknown) =>
    connection.send("POST", `${pathOf(target)}${path}`, JSON.stringify(body));
  if (pool !== null) expectStatus(await post("/work_pools/", { name: pool, type: "process" }), 201, 409);
  const schema = {
    type: "object",
    title: "Parameters",
    properties: {
      n: { title: "n", default: 3, position: 0, type: "integer" },
      source: { title: "source", default: "s3://bucket", position: 1, type: "string" },
    },
  };
  const deployment = {
    name,
    flow_id: flowId,
    work_pool_name: pool,
    parameter_openapi_schema: schema,
    enforce_parameter_schema: true,
  };
  const id = idIn(await post("/deployments/", deployment));
  connection.close();
  return id;
}

/** Makes a flow run in its first state; SCHEDULED ones are due at once. */
export async function createFlowRun(
  connection: Connection,
  base: string,
  flowId: string,
  state: "PENDING" | "SCHEDULED",
  seed: string,
): Promise<string> {
  const details = state === "PENDING" ? '{"traceparent":null}' : `{"scheduled_time":"${new Date().toISOString()}"}`;
  const name = state === "PENDING" ? "Pending" : "Scheduled";
  const body = `{"state":{"type":"${state}","name":"${name}","message":null,"state_details":${details},"data":null},"name":null,"flow_id":"${flowId}","flow_version":"9bd5abc4d3f4b72d372848a2d339ebc1","parameters":{"n":3,"source":"s3://bucket/${seed}"},"context":{},"parent_task_run_id":null,"empirical_policy":{"retries":0,"retry_delay":0},"tags":[]}`;
  return idIn(await connection.send("POST", `${base}/flow_runs/`, body));
}

/** The body of a set_state call. */
export function proposal(type: string, name: string, scheduledTime: string | null = null): string {
  const time = scheduledTime === null ? "null" : `"${scheduledTime}"`;
  return `{"state":{"type":"${type}","name":"${name}","message":null,"state_details":{"flow_run_id":null,"task_run_id":null,"child_flow_run_id":null,"scheduled_time":${time},"cache_key":null,"cache_expiration":null,"deferred":null,"untrackable_result":false,"pause_timeout":null,"pause_reschedule":false,"pause_key":null,"run_input_keyset":null,"refresh_cache":null,"retriable":null,"transition_id":"${randomUUID()}","task_parameters_id":null,"traceparent":null,"deployment_concurrency_lease_id":null},"data":null},"force":false}`;
}
