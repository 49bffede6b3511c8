import { randomUUID } from "node:crypto";
import type { Services } from "@weir/operations";
import { aWorkspace, type TestWorkspace } from "@weir/testing";
import { sendJson } from "./send.ts";

/** A workspace with one of everything in it, and what each is called. */
export type Estate = {
  owner: TestWorkspace;
  /** Address of its account's routes, and of its own. */
  accountUrl: string;
  url: string;
  /** A word that stands in rows only, never in a name or an id: it must not come back to strangers. */
  secret: string;
  flow: string;
  flowName: string;
  flowRun: string;
  flowRunState: string;
  /** Of the deployment; it waits to start. */
  waitingRun: string;
  taskRun: string;
  taskRunState: string;
  /** Handed to the task worker "theirs". */
  backgroundTask: string;
  artifact: string;
  /** Of an artifact, and of an input of the flow run. */
  artifactKey: string;
  variable: string;
  variableName: string;
  pool: string;
  queue: string;
  queueName: string;
  agentQueueName: string;
  worker: string;
  workerId: string;
  deployment: string;
  deploymentName: string;
  schedule: string;
  /** Of the deployment, which has become another since. */
  version: string;
  limit: string;
  limitName: string;
  tag: string;
  tagLimit: string;
  lease: string;
  apiKey: string;
};

/** Fills a workspace through the API, as its owner. */
export async function anEstate(services: Services, origin: string): Promise<Estate> {
  const owner = await aWorkspace(services);
  const mark = randomUUID().slice(0, 8);
  const secret = `secret-${mark}`;
  const accountUrl = `${origin}/api/accounts/${owner.accountId}`;
  const url = `${accountUrl}/workspaces/${owner.workspaceId}`;
  const make = async (path: string, body: unknown, from = url): Promise<Record<string, string>> => {
    const { status, text } = await sendJson("POST", from + path, owner.apiKey, body);
    if (status >= 300) throw new Error(`POST ${path} answered ${status} ${text}`);
    return text === "" ? {} : (JSON.parse(text) ?? {});
  };
  const idOf = async (path: string, body: unknown) => String((await make(path, body)).id);

  const [flowName, pool, artifactKey, variableName, worker, deploymentName] = [
    "flow",
    "pool",
    "key",
    "variable",
    "worker",
    "deployment",
  ].map((noun) => `${noun}-${mark}`) as [string, string, string, string, string, string];
  const queueName = `queue-${mark}`;
  const agentQueueName = `agents-${mark}`;
  const flow = await idOf("/flows/", { name: flowName, tags: [secret] });
  await make("/work_pools/", { name: pool, type: "process", description: secret });
  const queue = await idOf(`/work_pools/${pool}/queues`, { name: queueName, description: secret });
  await make("/work_queues/", { name: agentQueueName, description: secret });
  await make(`/work_pools/${pool}/workers/heartbeat`, { name: worker, heartbeat_interval_seconds: 30 });
  const run = await make("/flow_runs/", { flow_id: flow, tags: [secret], state: { type: "RUNNING" } });
  const task = await make("/task_runs/", {
    flow_run_id: run.id,
    task_key: "extract",
    dynamic_key: "0",
    tags: [secret],
    state: { type: "RUNNING" },
  });
  await make(`/flow_runs/${run.id}/input`, { key: artifactKey, value: secret });
  const backgroundTask = await idOf("/task_runs/", {
    task_key: "background",
    dynamic_key: mark,
    tags: [secret],
    state: { type: "SCHEDULED", state_details: { deferred: true, task_parameters_id: randomUUID() } },
  });
  const computed = await make("/task_runs/", { flow_run_id: run.id, task_key: "extract", dynamic_key: "1" });
  const done = { type: "COMPLETED", message: secret, state_details: { cache_key: "cached" } };
  await make(`/task_runs/${computed.id}/set_state`, { state: done });
  const { queuedTasks } = owner.ctx().store;
  await queuedTasks.claim(["background"], "theirs", 0);
  await queuedTasks.keep("theirs", ["background"], 0);
  const deployment = await idOf("/deployments/", {
    name: deploymentName,
    flow_id: flow,
    description: secret,
    tags: [secret],
    work_pool_name: pool,
    schedules: [{ schedule: { interval: 3600, anchor_date: "2026-01-01T00:00:00Z" }, active: false }],
  });
  const [first] = (await make(`/deployments/${deployment}/versions/paginate`, {})).results as unknown as {
    id: string;
  }[];
  await sendJson("PATCH", `${url}/deployments/${deployment}`, owner.apiKey, { version: "2" });
  const waitingRun = await idOf(`/deployments/${deployment}/create_flow_run`, { tags: [secret] });
  await make("/logs/", [
    { name: "root", level: 20, message: secret, timestamp: new Date().toISOString(), flow_run_id: run.id },
  ]);
  const artifact = await idOf("/artifacts/", { key: artifactKey, type: "markdown", data: secret, flow_run_id: run.id });
  const variable = await idOf("/variables/", { name: variableName, value: secret });
  const [limitName, tag] = [`limit-${mark}`, `tag-${mark}`];
  const limit = await idOf("/v2/concurrency_limits/", { name: limitName, limit: 9 });
  const tagLimit = await idOf("/concurrency_limits/", { tag, concurrency_limit: 9 });
  const { lease_id: lease } = await make("/v2/concurrency_limits/increment-with-lease", {
    names: [limitName, `tag:${tag}`],
    slots: 1,
    lease_duration: 86_400,
    holder: { type: "task_run", id: task.id },
  });
  const key = await make(`/users/${owner.userId}/api_keys`, { name: `${secret} laptop` }, `${origin}/api`);
  const workers = await sendJson("POST", `${url}/work_pools/${pool}/workers/filter`, owner.apiKey, {});
  const schedules = await sendJson("GET", `${url}/deployments/${deployment}/schedules`, owner.apiKey);
  return {
    owner,
    accountUrl,
    url,
    secret,
    flow,
    flowName,
    flowRun: String(run.id),
    flowRunState: String(run.state_id),
    waitingRun,
    taskRun: String(task.id),
    taskRunState: String(task.state_id),
    backgroundTask,
    artifact,
    version: String(first?.id),
    artifactKey,
    variable,
    variableName,
    pool,
    queue,
    queueName,
    agentQueueName,
    worker,
    workerId: String(JSON.parse(workers.text)[0]?.id),
    deployment,
    deploymentName,
    schedule: String(JSON.parse(schedules.text)[0]?.id),
    limit,
    limitName,
    tag,
    tagLimit,
    lease: String(lease),
    apiKey: String(key.id),
  };
}
