import { idOf, type Key, type Server, told } from "./two-servers.ts";

/** What filters are drawn from: the names of things, and instants between which they came about. */
export type Estate = { keys: Record<string, Key[]>; instants: string[]; words: Record<string, string[]> };

const tagsOf = (index: number) => ["a", "b", "c"].filter((_, bit) => (index >> bit) & 1);
const day = (index: number) => `2030-01-${String(index + 1).padStart(2, "0")}T00:00:00Z`;
/** The flow run that a task run belongs to. */
const runOf = (task: number) => ["run-0", "Run-1", "run-2", "Run-3", "run-4"][task % 5] ?? "";
const STATES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"] as const;

/** The same things on both servers, made by the same calls one after the other. */
export async function makeEstate(servers: readonly Server[]): Promise<Estate> {
  const keys: Record<string, Key[]> = {};
  const instants: string[] = [];

  async function make(noun: string, key: Key, path: string, body: unknown): Promise<void> {
    for (const server of servers) {
      const { status, body: made } = await server.call("POST", path, told(server, body));
      if (status >= 300) throw new Error(`${server.name} ${path} ${status} ${JSON.stringify(made)}`);
      name(server, key, String((made as { id: string }).id));
    }
    keys[noun] = [...(keys[noun] ?? []), key];
  }
  async function setState(noun: string, key: Key, type: string): Promise<void> {
    for (const server of servers) {
      const path = `/${noun}/${server.ids.get(key)}/set_state`;
      const { status } = await server.call("POST", path, { state: { type }, force: true });
      if (status >= 300) throw new Error(`${server.name} ${path} ${status}`);
    }
  }
  /** An instant after everything so far and before everything that follows. */
  const mark = () => instants.push(new Date().toISOString());

  for (const [index, flow] of ["etl-daily", "ETL-hourly", "report_1", "reportx1", "ünïcode", "zulu"].entries())
    await make("flows", flow, "/flows/", { name: flow, tags: tagsOf(index) });
  for (const [pool, type, queues] of [
    ["alpha", "process", ["fast", "Faster"]],
    ["beta", "docker", ["slow"]],
  ] as const) {
    await make("work_pools", pool, "/work_pools/", { name: pool, type, base_job_template: {} });
    for (const server of servers) {
      const { body } = await server.call("GET", `/work_pools/${pool}/queues/default`);
      name(server, `${pool}/default`, String((body as { id: string }).id));
    }
    keys.work_queues = [...(keys.work_queues ?? []), `${pool}/default`];
    for (const queue of queues) await make("work_queues", queue, `/work_pools/${pool}/queues`, { name: queue });
  }
  for (let index = 0; index < 10; index += 1) {
    const flow = ["etl-daily", "ETL-hourly", "report_1"][index % 3] ?? "";
    const place = [
      {},
      { work_pool_name: "alpha", work_queue_name: "default" },
      { work_pool_name: "alpha", work_queue_name: "fast" },
      { work_pool_name: "beta", work_queue_name: "slow" },
    ][index % 4];
    await make("deployments", `deploy_${index}`, "/deployments/", {
      ...{ name: `deploy_${index}`, flow_id: idOf(flow), tags: tagsOf(index), paused: index % 3 === 0 },
      ...{ enforce_parameter_schema: false, ...place },
    });
  }
  mark();
  for (let index = 0; index < 48; index += 1) {
    const key = `${index % 2 ? "Run" : "run"}-${index}`;
    const common = { name: key, tags: tagsOf(index % 8), idempotency_key: index % 3 === 0 ? `key-${index}` : null };
    const scheduled = { type: "SCHEDULED", state_details: { scheduled_time: day(index % 28) } };
    if (index % 2 === 0)
      await make("flow_runs", key, "/flow_runs/", {
        ...{
          ...common,
          flow_id: idOf(keys.flows?.[index % 6] ?? ""),
          flow_version: index % 4 ? `v${index % 3}` : null,
        },
        ...(index % 8 === 0 ? { state: scheduled } : {}),
        ...(index > 20 && index % 6 === 0 ? { parent_task_run_id: idOf(`task-${index % 10}`) } : {}),
      });
    else await makeOf(idOf(`deploy_${index % 10}`).$id, key, { ...common, state: scheduled });
    if (index % 3 !== 1) await setState("flow_runs", key, STATES[index % STATES.length] ?? "RUNNING");
    if (index % 4 === 2) await setState("flow_runs", key, "COMPLETED");
    if (index === 12)
      for (let task = 0; task < 30; task += 1) {
        await make("task_runs", `task-${task}`, "/task_runs/", {
          ...{
            flow_run_id: idOf(runOf(task)),
            task_key: `t${task}`,
            dynamic_key: "0",
          },
          ...{ name: `task-${task}`, tags: tagsOf(task % 8), state: { type: STATES[task % 3] } },
        });
        if (task % 3 === 0) await setState("task_runs", `task-${task}`, STATES[task % 6] ?? "RUNNING");
        if (task % 10 === 0) mark();
      }
    if (index % 12 === 0) mark();
  }
  async function makeOf(deployment: Key, key: Key, body: unknown): Promise<void> {
    for (const server of servers) {
      const { status, body: made } = await server.call(
        "POST",
        `/deployments/${server.ids.get(deployment)}/create_flow_run`,
        told(server, body),
      );
      if (status >= 300) throw new Error(`${server.name} ${status} ${JSON.stringify(made)}`);
      name(server, key, String((made as { id: string }).id));
    }
    keys.flow_runs = [...(keys.flow_runs ?? []), key];
  }
  for (let index = 0; index < 24; index += 1)
    await make("artifacts", `artifact-${index}`, "/artifacts/", {
      ...{
        key: index % 4 === 3 ? null : `key-${index % 5}`,
        type: ["markdown", "table", "result", null][index % 4],
        data: index,
      },
      ...{
        flow_run_id: index % 3 ? idOf(`run-${(index % 6) * 2}`) : null,
        task_run_id: index % 2 ? idOf(`task-${index}`) : null,
      },
    });
  for (let index = 0; index < 8; index += 1)
    await make("variables", `var_${index}`, "/variables/", { name: `var_${index}`, value: index, tags: tagsOf(index) });
  const lines = Array.from({ length: 60 }, (_, index) => ({
    ...{
      name: `logger.${index % 3}`,
      level: (index % 5) * 10 + 10,
      timestamp: `2026-01-01T00:00:${String(index).padStart(2, "0")}.5Z`,
    },
    ...{ message: `line-${index} ${["started", 'said "hello world"', "100% done_x", "it's -over-"][index % 4]}` },
    ...{
      flow_run_id: idOf(index % 2 ? runOf(index % 10) : `run-${(index % 3) * 2}`),
      task_run_id: index % 2 ? idOf(`task-${index % 10}`) : null,
    },
  }));
  for (const server of servers) await server.call("POST", "/logs/", told(server, lines));
  mark();
  return { keys, instants: [...instants, day(3), day(11), day(20)], words };
}

function name(server: Server, key: Key, id: string): void {
  server.ids.set(key, id);
  server.keys.set(id, key);
}

const words = {
  tags: ["a", "b", "c", "none"],
  types: [...STATES, "SCHEDULED"],
  states: ["Running", "Completed", "Scheduled", "Late", "Pending", "Failed"],
  like: ["run", "RUN-1", "_", "%", "-", "ü", "1", "etl", "", "x"],
  queries: [
    "started",
    "hello +said",
    "-started",
    '"hello world"',
    "100%",
    "_x",
    "- over",
    "!done line-1",
    "LOGGER.1",
    "+\"it's",
  ],
};
