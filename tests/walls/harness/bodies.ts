import { randomUUID } from "node:crypto";
import { type AnyDoor, nameOf } from "./doors.ts";
import type { Estate } from "./estate.ts";

const day = {
  history_start: "2026-01-01T00:00:00Z",
  history_end: "2026-01-02T00:00:00Z",
  history_interval_seconds: 3600,
};
const fresh = (noun: string) => `${noun}-${randomUUID().slice(0, 8)}`;

/**
 * A body that the owner's call succeeds with, for each door that reads one; doors that are not here take none, or `{}`. The
 * walls send the same bodies as a stranger: what fails there fails for who asks, not for what is asked.
 */
const bodies: Record<string, (estate: Estate) => unknown> = {
  "user POST /users/:user_id/api_keys": () => ({ name: fresh("key"), expiration: null }),
  "user POST /me/api_keys/filter": () => ({ api_keys: { name: { any_: ["x"], like_: "x" } }, limit: 5, offset: 0 }),
  "account POST /workspaces/": () => ({ name: fresh("Space"), handle: fresh("space"), description: "" }),
  "account POST /workspaces/filter": ({ owner }) => ({
    workspaces: { id: { any_: [owner.workspaceId] }, handle: { any_: [owner.workspaceHandle] } },
  }),
  "account PATCH ": () => ({ name: fresh("Account"), handle: fresh("account"), location: "x", link: null }),
  "account PATCH /settings": () => ({ ai_log_summaries: true }),
  "workspace PATCH ": () => ({ name: fresh("Space"), handle: fresh("space"), description: "changed" }),
  "workspace POST /flows/": () => ({ name: fresh("flow"), tags: ["a"], labels: { a: 1 } }),
  "workspace PATCH /flows/:id": () => ({ tags: [fresh("tag")], labels: { a: fresh("label") } }),
  "workspace POST /flow_runs/": ({ flow, flowRun, pool }) => ({
    flow_id: flow,
    name: fresh("run"),
    parameters: { x: 1 },
    context: {},
    tags: ["a"],
    state: { type: "SCHEDULED", name: "Scheduled", message: "x", state_details: {} },
    idempotency_key: fresh("key"),
    parent_task_run_id: null,
    work_pool_name: pool,
    labels: { parent: flowRun },
  }),
  "workspace POST /work_pools/configuration/preview": () => ({
    base_job_template: {},
    type: "process",
    job_variables: { command: "true" },
  }),
  "workspace POST /flow_runs/history": () => day,
  "workspace PATCH /flow_runs/:id": () => ({ name: fresh("run"), tags: ["b"], infrastructure_pid: "1" }),
  "workspace POST /flow_runs/:id/set_state": () => ({ state: { type: "RUNNING", name: "Running" }, force: true }),
  "workspace POST /flow_runs/:id/resume": () => ({ run_input: { approved: true } }),
  "workspace POST /flow_runs/:id/input": () => ({ key: fresh("key"), value: '"x"', sender: "x" }),
  "workspace POST /flow_runs/:id/input/filter": () => ({ prefix: "", limit: 5, exclude_keys: ["x"] }),
  "workspace PATCH /flow_runs/:id/labels": () => ({ changed: fresh("label") }),
  "workspace POST /task_runs/": ({ flowRun }) => ({
    flow_run_id: flowRun,
    task_key: "load",
    dynamic_key: fresh("key"),
    name: fresh("task"),
    tags: [],
    state: { type: "RUNNING", name: "Running", message: "x" },
    task_inputs: {},
    empirical_policy: {},
  }),
  "workspace POST /flow_runs/bulk_delete": ({ flowRun }) => ({ flow_runs: { id: { any_: [flowRun] } }, limit: 5 }),
  "workspace POST /flow_runs/bulk_set_state": ({ flowRun }) => ({
    ...{ flow_runs: { id: { any_: [flowRun] } }, limit: 5 },
    ...{ state: { type: "RUNNING", name: "Running" }, force: true },
  }),
  "workspace POST /flows/bulk_delete": ({ flow }) => ({ flows: { id: { any_: [flow] } }, limit: 5 }),
  "workspace POST /ui/flows/count-deployments": ({ flow }) => ({ flow_ids: [flow] }),
  "workspace POST /ui/flows/next-runs": ({ flow }) => ({ flow_ids: [flow] }),
  "workspace POST /ui/flow_runs/count-task-runs": ({ flowRun }) => ({ flow_run_ids: [flowRun] }),
  "workspace POST /ui/task_runs/dashboard/counts": () => ({ task_runs: { start_time: { after_: day.history_start } } }),
  "workspace POST /ui/work_pools/count-flow-runs": ({ flowRun }) => ({ work_pool_ids: [flowRun] }),
  "workspace POST /task_runs/history": () => day,
  "workspace PATCH /task_runs/:id": () => ({ name: fresh("task") }),
  "workspace POST /task_runs/:id/set_state": () => ({ state: { type: "COMPLETED", name: "Completed" }, force: true }),
  "workspace POST /task_workers/filter": () => ({ task_worker_filter: { task_keys: ["background"] } }),
  "workspace POST /logs/": ({ flowRun }) => [
    { name: "root", level: 20, message: "x", timestamp: "2026-11-24T12:00:00Z", flow_run_id: flowRun },
  ],
  "workspace POST /events": ({ flowRun }) => [
    {
      id: randomUUID(),
      occurred: new Date().toISOString(),
      event: "told.by.stranger",
      resource: { "prefect.resource.id": `prefect.flow-run.${flowRun}` },
      related: [],
      payload: {},
    },
  ],
  "workspace POST /artifacts/": ({ artifactKey, flowRun }) => ({
    key: artifactKey,
    type: "markdown",
    data: "x",
    description: "x",
    flow_run_id: flowRun,
  }),
  "workspace PATCH /artifacts/:id": () => ({ data: fresh("data"), description: "changed" }),
  "workspace POST /variables/": () => ({ name: fresh("variable"), value: 1, tags: ["a"] }),
  "workspace PATCH /variables/name/:name": () => ({ value: fresh("value"), tags: ["b"] }),
  "workspace PATCH /variables/:id": () => ({ value: fresh("value"), tags: ["b"] }),
  "workspace POST /deployments/": ({ flow, pool }) => ({
    name: fresh("deployment"),
    flow_id: flow,
    description: "x",
    version: "1",
    tags: ["a"],
    parameters: { x: 1 },
    work_pool_name: pool,
    concurrency_limit: 3,
    entrypoint: "flow.py:flow",
    path: ".",
    paused: false,
    schedules: [{ schedule: { cron: "0 0 * * *" }, active: false }],
  }),
  "workspace POST /deployments/bulk_delete": ({ deployment }) => ({ deployments: { id: { any_: [deployment] } } }),
  "workspace POST /deployments/get_scheduled_flow_runs": ({ deployment }) => ({
    deployment_ids: [deployment],
    scheduled_before: "2030-01-01T00:00:00Z",
    limit: 10,
  }),
  "workspace PATCH /deployments/:id": () => ({
    ...{ description: fresh("text"), paused: false, tags: ["b"], version: "2" },
    ...{ infra_overrides: { env: {} }, is_schedule_active: true, manifest_path: "m" },
  }),
  "workspace POST /deployments/:id/create_flow_run": () => ({ name: fresh("run"), parameters: {}, tags: ["a"] }),
  "workspace POST /deployments/:id/create_flow_run/bulk": () => [{ name: fresh("run") }],
  "workspace POST /deployments/:id/branch": () => ({
    branch: fresh("branch"),
    options: { schedule_handling: "inactive" },
    overrides: { description: "x" },
  }),
  "workspace POST /deployments/:id/versions/paginate": () => ({ limit: 5, page: 1 }),
  "workspace POST /deployments/:id/versions/:version_id/promote": () => ({ reason: "x" }),
  "workspace POST /deployments/:id/schedule": () => ({ min_runs: 1, max_runs: 2 }),
  "workspace POST /deployments/:id/schedules": () => [{ schedule: { interval: 60 }, active: false }],
  "workspace PATCH /deployments/:id/schedules/:schedule_id": () => ({ active: false, parameters: { x: 2 } }),
  "workspace POST /ui/schemas/validate": () => ({ schema: { type: "object", properties: {} }, values: { x: 1 } }),
  "workspace POST /work_pools/": () => ({
    name: fresh("pool"),
    type: "process",
    description: "x",
    is_paused: false,
    concurrency_limit: 3,
  }),
  "workspace PATCH /work_pools/:work_pool_name": () => ({ description: fresh("text"), concurrency_limit: 7 }),
  "workspace POST /work_pools/:work_pool_name/get_scheduled_flow_runs": ({ queueName }) => ({
    work_queue_names: [queueName],
    scheduled_before: "2030-01-01T00:00:00Z",
    limit: 10,
  }),
  "workspace POST /work_pools/:work_pool_name/queues": () => ({
    name: fresh("queue"),
    description: "x",
    concurrency_limit: 2,
    priority: 1,
  }),
  "workspace PATCH /work_pools/:work_pool_name/queues/:work_queue_name": () => ({
    description: fresh("text"),
    priority: 1,
  }),
  "workspace POST /work_pools/:work_pool_name/workers/heartbeat": () => ({
    name: fresh("worker"),
    heartbeat_interval_seconds: 30,
  }),
  "workspace POST /work_queues/": ({ deployment }) => ({
    name: fresh("queue"),
    description: "x",
    concurrency_limit: 2,
    priority: 1,
    filter: { tags: ["x"], deployment_ids: [deployment] },
  }),
  "workspace PATCH /work_queues/:id": () => ({ description: fresh("text"), is_paused: false }),
  "workspace POST /work_queues/:id/get_runs": () => ({ limit: 5, scheduled_before: "2030-01-01T00:00:00Z" }),
  "workspace POST /v2/concurrency_limits/": () => ({ name: fresh("limit"), limit: 3, slot_decay_per_second: 0.5 }),
  "workspace PATCH /v2/concurrency_limits/:id_or_name": () => ({ limit: 8, active: true, active_slots: 2 }),
  "workspace POST /v2/concurrency_limits/increment": ({ limitName }) => ({ names: [limitName], slots: 1 }),
  "workspace POST /v2/concurrency_limits/decrement": ({ limitName }) => ({
    names: [limitName],
    slots: 1,
    occupancy_seconds: 1.5,
  }),
  "workspace POST /v2/concurrency_limits/increment-with-lease": ({ limitName, taskRun }) => ({
    names: [limitName],
    slots: 1,
    mode: "concurrency",
    lease_duration: 60,
    holder: { type: "task_run", id: taskRun },
  }),
  "workspace POST /v2/concurrency_limits/decrement-with-lease": () => ({ lease_id: randomUUID() }),
  "workspace POST /v2/concurrency_limits/leases/:id/renew": () => ({ lease_duration: 60 }),
  "workspace POST /concurrency_limits/": () => ({ tag: fresh("tag"), concurrency_limit: 3 }),
  "workspace POST /concurrency_limits/increment": ({ tag, taskRun }) => ({ names: [tag], task_run_id: taskRun }),
  "workspace POST /concurrency_limits/decrement": ({ tag }) => ({ names: [tag], task_run_id: randomUUID() }),
  "workspace POST /concurrency_limits/tag/:tag/reset": ({ taskRun }) => ({ slot_override: [taskRun] }),
};

/** Filters of every kind, for lists and counts. */
const filters = ({ flow, flowRun, deployment, artifact, pool, queueName }: Estate) => ({
  flows: { id: { any_: [flow] } },
  flow_runs: { id: { any_: [flowRun] }, state: { type: { any_: ["RUNNING"] } } },
  deployments: { id: { any_: [deployment] } },
  artifacts: { id: { any_: [artifact] } },
  work_pools: { name: { any_: [pool] } },
  work_queues: { name: { any_: [queueName] } },
  limit: 10,
  offset: 0,
});

/** The body of a door's call in an estate; `undefined` for methods that have none. */
export function bodyFor(door: AnyDoor, estate: Estate): unknown {
  const made = bodies[nameOf(door)];
  if (made) return made(estate);
  if (door.method === "GET" || door.method === "DELETE") return undefined;
  const isList = /\/(filter|count|paginate)$/.test(door.path) && !door.path.includes("concurrency") && "verb" in door;
  if (!isList || /^\/(logs|events)/.test(door.path)) return {};
  const { limit, offset, ...members } = filters(estate);
  return door.path.endsWith("count")
    ? members
    : door.path.endsWith("paginate")
      ? { ...members, limit }
      : { ...members, limit, offset };
}
