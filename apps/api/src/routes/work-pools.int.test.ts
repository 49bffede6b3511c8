import { randomUUID } from "node:crypto";
import { aFlow, apiSuite } from "@weir/testing";
import { expect, test, vi } from "vitest";

const suite = apiSuite();
const { status } = suite;
const call = (method: string, path: string, body?: unknown) => suite.api.call(suite.ws, method, path, body);

type Body = Record<string, unknown>;

async function aPool(more: Body = {}): Promise<string> {
  const name = `pool-${randomUUID().slice(0, 8)}`;
  expect(await status("POST", "/work_pools/", { name, type: "process", ...more })).toBe(201);
  return name;
}

async function aRunIn(pool: string, queue = "default", due = "2026-01-01T00:00:00Z"): Promise<string> {
  const state = { type: "SCHEDULED", state_details: { scheduled_time: due } };
  const flow_id = await aFlow(suite.ws);
  const made = await call("POST", "/flow_runs/", { flow_id, state, work_pool_name: pool, work_queue_name: queue });
  return String((made.body as Body).id);
}

async function offered(pool: string, ask: Body = {}): Promise<string[]> {
  const { body } = await call("POST", `/work_pools/${pool}/get_scheduled_flow_runs`, ask);
  return (body as { flow_run: { id: string } }[]).map((one) => one.flow_run.id);
}

const propose = (run: string, type: string) => call("POST", `/flow_runs/${run}/set_state`, { state: { type } });

test("a pool is created with a default queue, and told apart by its name", async () => {
  const name = await aPool({ base_job_template: {}, concurrency_limit: 2 });
  const { body } = await call("GET", `/work_pools/${name}`);
  expect(body).toMatchObject({ name, status: "NOT_READY", concurrency_limit: 2, active_slots: 0, is_paused: false });
  const queues = await call("POST", `/work_pools/${name}/queues/filter`, {
    work_queues: null,
    limit: null,
    offset: null,
  });
  expect(queues.body).toMatchObject([{ name: "default", priority: 1, id: (body as Body).default_queue_id }]);
  expect(await call("POST", "/work_pools/", { name, type: "process" })).toMatchObject({
    status: 409,
    body: { detail: "A work pool with this name already exists." },
  });
});

test.each([
  ["a reserved name is refused", { name: "Prefect-pool" }, 403],
  ["an empty name is refused", { name: "  " }, 422],
  [
    "a template without its variables is refused",
    { name: "x", base_job_template: { job_configuration: { a: "b" } } },
    422,
  ],
  [
    "a placeholder that no variable declares is refused",
    {
      name: "x",
      base_job_template: { job_configuration: { a: ["{{ gone }}"] }, variables: { properties: { there: {} } } },
    },
    422,
  ],
  ["a limit below zero is refused", { name: "x", concurrency_limit: -1 }, 422],
])("%s", async (_, body, wanted) => {
  expect(await status("POST", "/work_pools/", body)).toBe(wanted);
});

test("a pool's job is previewed with its variables filled in, or what is wrong with it is told", async () => {
  const template = {
    job_configuration: { command: "{{ command }}", env: "{{ env }}", image: "repo/{{ tag }}", other: "{{ other }}" },
    variables: {
      properties: {
        ...{ command: { type: "string" }, env: { type: "object", default: { A: "1" } } },
        ...{ tag: { type: "string", default: "latest" }, other: { type: "string" } },
      },
    },
  };
  const preview = (more: Body) =>
    call("POST", "/work_pools/configuration/preview", { base_job_template: template, type: "docker", ...more });
  const job = { env: { A: "1", B: "2" }, image: "repo/7", command: "run" };
  const made = await preview({ job_variables: { command: "run", tag: "7", "env.B": "2" } });
  expect([made.status, made.body]).toEqual([200, job]);
  expect((await preview({ job_variables: { tag: 7 } })).status).toBe(422);
  expect((await preview({ base_job_template: { ...template, variables: { properties: { tag: {} } } } })).status).toBe(
    422,
  );
  const { body } = await preview({ base_job_template: {}, type: "process", job_variables: { working_dir: "/srv" } });
  expect(body).toMatchObject({ working_dir: "/srv", stream_output: true });
  const bomb = { type: "string", pattern: "^(a+)+$", default: "b" };
  const variables = { properties: { ...template.variables.properties, tag: bomb } };
  const endless = { base_job_template: { ...template, variables }, job_variables: { tag: `${"a".repeat(40)}!` } };
  expect((await preview(endless)).status).toBe(422);
});

test("every route of a pool that is not there is 404", async () => {
  const routes = [
    ["GET", "/work_pools/gone"],
    ["PATCH", "/work_pools/gone", { description: "x" }],
    ["DELETE", "/work_pools/gone"],
    ["POST", "/work_pools/gone/get_scheduled_flow_runs", {}],
    ["POST", "/work_pools/gone/concurrency_status", {}],
    ["POST", "/work_pools/gone/queues", { name: "q" }],
    ["POST", "/work_pools/gone/queues/filter", {}],
    ["GET", "/work_pools/gone/queues/default"],
    ["POST", "/work_pools/gone/workers/heartbeat", { name: "w" }],
    ["POST", "/work_pools/gone/workers/filter", {}],
    ["DELETE", "/work_pools/gone/workers/w"],
    ["GET", "/work_queues/not-an-id"],
    ["GET", `/work_queues/${randomUUID()}`],
    ["POST", `/work_queues/${randomUUID()}/get_runs`, {}],
    ["GET", `/work_queues/${randomUUID()}/status`],
  ] as const;
  for (const [method, path, body] of routes) expect([path, await status(method, path, body)]).toEqual([path, 404]);
});

test("a pool is changed, counted, listed by name and deleted", async () => {
  const name = await aPool();
  expect(await status("PATCH", `/work_pools/${name}`, { description: "d", is_paused: true })).toBe(204);
  expect((await call("GET", `/work_pools/${name}`)).body).toMatchObject({ description: "d", status: "PAUSED" });
  expect(await status("PATCH", `/work_pools/${name}`, { is_paused: false })).toBe(204);
  expect((await call("GET", `/work_pools/${name}`)).body).toMatchObject({ status: "NOT_READY" });
  const filter = { work_pools: { name: { any_: [name] } } };
  expect((await call("POST", "/work_pools/filter", filter)).body).toHaveLength(1);
  expect((await call("POST", "/work_pools/count", filter)).body).toBe(1);
  expect((await call("POST", "/work_pools/filter", { work_pools: { name: { any_: [] } } })).body).toEqual([]);
  expect(await status("DELETE", `/work_pools/${name}`)).toBe(204);
  expect(await status("GET", `/work_pools/${name}`)).toBe(404);
});

test("queues keep priorities of their own: one that takes another's place pushes it back", async () => {
  const pool = await aPool();
  const order = async () => {
    const { body } = await call("POST", `/work_pools/${pool}/queues/filter`, {});
    return (body as { name: string; priority: number }[]).map((queue) => `${queue.priority} ${queue.name}`);
  };
  expect(await status("POST", `/work_pools/${pool}/queues`, { name: "urgent", priority: 1 })).toBe(201);
  expect(await status("POST", `/work_pools/${pool}/queues`, { name: "later" })).toBe(201);
  expect(await status("POST", `/work_pools/${pool}/queues`, { name: "later" })).toBe(409);
  expect(await order()).toEqual(["1 urgent", "2 default", "3 later"]);
  expect(await status("PATCH", `/work_pools/${pool}/queues/later`, { name: "now", priority: 1 })).toBe(204);
  expect(await order()).toEqual(["1 now", "2 urgent", "3 default"]);
  expect(await status("PATCH", `/work_pools/${pool}/queues/now`, { name: "urgent" })).toBe(409);
  expect(await status("DELETE", `/work_pools/${pool}/queues/default`)).toBe(400);
  expect(await status("DELETE", `/work_pools/${pool}/queues/now`)).toBe(204);
  expect(await status("GET", `/work_pools/${pool}/queues/now`)).toBe(404);
});

test("queues named at once get different priorities", async () => {
  const pool = await aPool();
  await Promise.all(
    ["a", "b", "c", "d"].map((name) => call("POST", `/work_pools/${pool}/queues`, { name, priority: 1 })),
  );
  const { body } = await call("POST", `/work_pools/${pool}/queues/filter`, {});
  expect((body as { priority: number }[]).map((queue) => queue.priority)).toEqual([1, 2, 3, 4, 5]);
});

test("a heartbeat makes a worker and its pool ready, and gives a bare id to who asks", async () => {
  const pool = await aPool();
  expect(
    await status("POST", `/work_pools/${pool}/workers/heartbeat`, { name: "w", heartbeat_interval_seconds: 30 }),
  ).toBe(204);
  const again = await call("POST", `/work_pools/${pool}/workers/heartbeat`, { name: "w", return_id: true });
  const { body } = await call("POST", `/work_pools/${pool}/workers/filter`, {
    workers: null,
    limit: null,
    offset: null,
  });
  expect(body).toMatchObject([{ name: "w", status: "ONLINE" }]);
  expect(again).toMatchObject({ status: 200, body: (body as { id: string }[])[0]?.id });
  expect(again.headers.get("content-type")).toMatch(/text\/plain/);
  expect((await call("GET", `/work_pools/${pool}`)).body).toMatchObject({ status: "READY" });
  expect(await status("DELETE", `/work_pools/${pool}/workers/w`)).toBe(204);
  expect(await status("DELETE", `/work_pools/${pool}/workers/w`)).toBe(404);
});

test("forty heartbeats of one worker at once leave one worker", async () => {
  const pool = await aPool();
  const beats = Array.from({ length: 40 }, () =>
    call("POST", `/work_pools/${pool}/workers/heartbeat`, { name: "w", return_id: true }),
  );
  const ids = new Set((await Promise.all(beats)).map((beat) => beat.body));
  expect(ids.size).toBe(1);
});

test("a poll offers by queue priority, then due time, what is due and not paused", async () => {
  const pool = await aPool();
  await call("POST", `/work_pools/${pool}/queues`, { name: "first", priority: 1 });
  const second = await aRunIn(pool, "default", "2026-01-02T00:00:00Z");
  const first = await aRunIn(pool, "default", "2026-01-01T00:00:00Z");
  const urgent = await aRunIn(pool, "first", "2026-01-03T00:00:00Z");
  await aRunIn(pool, "default", "2199-01-01T00:00:00Z");
  const ask = { work_queue_names: [], scheduled_before: "2026-11-24 14:42:18.193918+00:00" };
  expect(await offered(pool, ask)).toEqual([urgent, first, second]);
  expect(await offered(pool, { ...ask, limit: 2 })).toEqual([urgent, first]);
  expect(await offered(pool, { ...ask, limit: 0 })).toEqual([]);
  expect(await offered(pool, { ...ask, work_queue_names: ["default"] })).toEqual([first, second]);
  expect(
    await status("POST", `/work_pools/${pool}/get_scheduled_flow_runs`, { work_queue_names: ["default", "no"] }),
  ).toBe(404);
  await call("PATCH", `/work_pools/${pool}/queues/first`, { is_paused: true });
  expect(await offered(pool, ask)).toEqual([first, second]);
  await call("PATCH", `/work_pools/${pool}`, { is_paused: true });
  expect(await offered(pool, ask)).toEqual([]);
});

test("limits of pool and queue count pending and running runs, and a full queue does not hide another's", async () => {
  const pool = await aPool({ concurrency_limit: 3 });
  await call("POST", `/work_pools/${pool}/queues`, { name: "narrow", priority: 1, concurrency_limit: 1 });
  const narrow = [await aRunIn(pool, "narrow"), await aRunIn(pool, "narrow")];
  const wide = [await aRunIn(pool), await aRunIn(pool), await aRunIn(pool)];
  expect(await offered(pool)).toEqual([narrow[0], wide[0], wide[1]]);
  await propose(narrow[0] ?? "", "PENDING");
  expect(await offered(pool)).toEqual([wide[0], wide[1]]);
  await propose(wide[0] ?? "", "PENDING");
  await propose(wide[0] ?? "", "RUNNING");
  expect(await offered(pool)).toEqual([wide[1]]);
  expect((await call("POST", `/work_pools/${pool}/concurrency_status`, {})).body).toMatchObject({
    active_slots: 2,
    concurrency_limit: 3,
    queues: [{ queue_name: "narrow", active_slots: 1, flow_runs: [{ id: narrow[0] }] }, { active_slots: 1 }],
    pool_slots: [{ id: narrow[0] }, { id: wide[0], state_type: "RUNNING" }],
  });
  const minimal = await call("POST", "/flow_runs/filter-minimal", { flow_runs: { id: { any_: [narrow[0]] } } });
  expect(minimal.body).toMatchObject([
    { work_queue: { name: "narrow", work_pool_name: pool }, flow: { id: expect.any(String) } },
  ]);
  await propose(wide[0] ?? "", "COMPLETED");
  expect(await offered(pool)).toHaveLength(2);
});

test("of two workers that were offered a run, one gets it", async () => {
  const pool = await aPool();
  const run = await aRunIn(pool);
  expect([await offered(pool), await offered(pool)]).toEqual([[run], [run]]);
  const answers = await Promise.all([propose(run, "PENDING"), propose(run, "PENDING")]);
  expect(answers.map(({ body }) => (body as Body).status).sort()).toEqual(["ABORT", "ACCEPT"]);
  expect(await offered(pool)).toEqual([]);
});

test("a poll makes queues ready and leaves their `updated` alone", async () => {
  const pool = await aPool();
  const before = (await call("GET", `/work_pools/${pool}/queues/default`)).body as Body;
  await offered(pool);
  await vi.waitFor(async () => {
    const queue = (await call("GET", `/work_pools/${pool}/queues/default`)).body as Body;
    expect(queue).toMatchObject({ status: "READY", updated: before.updated });
    expect(queue.last_polled).not.toBeNull();
  });
  expect((await call("GET", `/work_queues/${before.id}/status`)).body).toMatchObject({
    healthy: true,
    late_runs_count: 0,
  });
});

test("queues are reached by id too", async () => {
  const made = await call("POST", "/work_queues/", { name: `agents-${randomUUID()}` });
  expect(made).toMatchObject({ status: 201, body: { work_pool_name: "default-agent-pool" } });
  const { id, name } = made.body as { id: string; name: string };
  expect((await call("GET", `/work_queues/name/${name}`)).body).toMatchObject({ id });
  expect(await status("PATCH", `/work_queues/${id}`, { concurrency_limit: 4 })).toBe(204);
  expect((await call("GET", `/work_queues/${id}`)).body).toMatchObject({ concurrency_limit: 4, active_slots: 0 });
  expect(
    (await call("POST", "/work_queues/filter", { work_queues: { name: { startswith_: ["agents-"] } } })).body,
  ).toHaveLength(1);
  expect(await status("POST", `/work_queues/${id}/concurrency_status`, {})).toBe(200);
  expect((await call("POST", `/work_queues/${id}/get_runs`, { scheduled_before: null })).body).toEqual([]);
  expect(await status("POST", "/work_queues/", { name })).toBe(409);
  expect(await status("DELETE", `/work_queues/${id}`)).toBe(204);
  expect(await status("DELETE", `/work_queues/${id}`)).toBe(404);
});

test("clients before 3.3.8, who fail on members of storage that they do not know, are not told of them", async () => {
  const storage = { bundle_upload_step: null, bundle_execution_step: null, default_result_storage_block_id: null };
  const pool = await aPool({ storage_configuration: storage });
  const told = async (client: string) => {
    const answer = await fetch(`${suite.api.workspaceUrl(suite.ws)}/work_pools/${pool}`, {
      headers: { authorization: `Bearer ${suite.ws.apiKey}`, "user-agent": `prefect/${client} (API 0.8.4)` },
    });
    return Object.keys(((await answer.json()) as { storage_configuration: object }).storage_configuration);
  };
  expect(await told("3.3.7")).toEqual(["bundle_upload_step", "bundle_execution_step"]);
  expect(await told("3.3.8")).toEqual(Object.keys(storage));
});
