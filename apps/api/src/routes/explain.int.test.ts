import { randomUUID } from "node:crypto";
import { parseInstant } from "@weir/contracts";
import { aFlow, apiSuite } from "@weir/testing";
import { afterEach, expect, test } from "vitest";
import { buildApp } from "../app.ts";

const suite = apiSuite();

afterEach(() => suite.base.setClock(undefined));

type Body = Record<string, unknown>;
type Explained = {
  cause: string | null;
  checks: { code: string; ok: boolean; facts: Body; fix: string; needs: string }[];
};
/** A pool with a worker that polls, a deployment in it and a due run: what nothing holds up. */
type Scene = { pool: string; poolId: string; queue: string; queueId: string; deployment: string; run: string };

async function call<T = Body>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await suite.api.call(suite.ws, method, path, body);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body as T;
}

const explain = (what: string, id: string) => call<Explained>("GET", `/${what}/${id}/explain`);
const state = (run: string, type: string, more: Body = {}) =>
  call("POST", `/flow_runs/${run}/set_state`, { state: { type, ...more }, force: true });
const propose = (run: string, type: string) => call("POST", `/flow_runs/${run}/set_state`, { state: { type } });
const beat = (pool: string) => call("POST", `/work_pools/${pool}/workers/heartbeat`, { name: "w1" });
const poll = (pool: string, queues: string[] | null = null) =>
  call<{ flow_run: { id: string } }[]>("POST", `/work_pools/${pool}/get_scheduled_flow_runs`, {
    work_queue_names: queues,
    scheduled_before: new Date().toISOString(),
  });

/** Polled is noted after the answer: until it shows. */
async function polled(queueId: string): Promise<void> {
  await expect.poll(async () => (await call("GET", `/work_queues/${queueId}`)).last_polled).not.toBeNull();
}

async function aScene({
  pool: more = {},
  deployment = {},
  polls = true,
  works = true,
}: {
  pool?: Body;
  deployment?: Body;
  polls?: boolean;
  works?: boolean;
} = {}): Promise<Scene> {
  const pool = `pool-${randomUUID().slice(0, 8)}`;
  const made = await call("POST", "/work_pools/", { name: pool, type: "process", ...more });
  const queueId = String(made.default_queue_id);
  if (works) await beat(pool);
  if (polls) {
    await poll(pool);
    await polled(queueId);
  }
  const flow_id = await aFlow(suite.ws);
  const { id } = await call("POST", "/deployments/", { flow_id, name: "d", work_pool_name: pool, ...deployment });
  const run = await call("POST", `/deployments/${id}/create_flow_run`, {});
  return { pool, poolId: String(made.id), queue: "default", queueId, deployment: String(id), run: String(run.id) };
}

const another = async ({ deployment }: Scene) =>
  String((await call("POST", `/deployments/${deployment}/create_flow_run`, {})).id);

test("nothing holds up a run that the next poll gets, nor its deployment and queue", async () => {
  const scene = await aScene();
  for (const [what, id] of [
    ["flow_runs", scene.run],
    ["deployments", scene.deployment],
    ["work_queues", scene.queueId],
  ] as const) {
    const { cause, checks } = await explain(what, id);
    expect(cause, what).toBeNull();
    expect(checks.every(({ ok, fix, needs }) => ok && fix === null && needs === null)).toBe(true);
  }
  expect((await poll(scene.pool)).map(({ flow_run }) => flow_run.id)).toEqual([scene.run]);
});

/** Each fault: how it comes about, and what is said of it. `offered`: a poll would get the run all the same. */
const faults: Record<
  string,
  {
    break: (scene: Scene) => Promise<unknown>;
    scene?: Parameters<typeof aScene>[0];
    code: string;
    needs?: string;
    facts?: Body;
    offered?: boolean;
  }
> = {
  "a paused pool": {
    break: ({ pool }) => call("PATCH", `/work_pools/${pool}`, { is_paused: true }),
    code: "work_pool_paused",
    needs: "write_work_pools",
    facts: { paused_at: expect.stringMatching(/Z$/), paused_by: { type: "USER", display_value: expect.any(String) } },
  },
  "a paused queue": {
    break: ({ queueId }) => call("PATCH", `/work_queues/${queueId}`, { is_paused: true }),
    code: "work_queue_paused",
    needs: "write_work_queues",
    facts: { paused_at: expect.stringMatching(/Z$/), paused_by: { type: "USER", display_value: expect.any(String) } },
  },
  "a full pool": {
    break: async (scene) => {
      await state(await another(scene), "RUNNING");
      await call("PATCH", `/work_pools/${scene.pool}`, { concurrency_limit: 1 });
    },
    code: "work_pool_limit",
    facts: { limit: 1, active: 1 },
  },
  "a full queue": {
    break: async (scene) => {
      await state(await another(scene), "PENDING");
      await call("PATCH", `/work_queues/${scene.queueId}`, { concurrency_limit: 1 });
    },
    code: "work_queue_limit",
    facts: { limit: 1, active: 1 },
  },
  "a limit of nothing": {
    break: ({ queueId }) => call("PATCH", `/work_queues/${queueId}`, { concurrency_limit: 0 }),
    code: "work_queue_limit",
    facts: { limit: 0, active: 0 },
  },
  "a full deployment": {
    scene: { deployment: { concurrency_limit: 1 } },
    break: async (scene) => {
      await propose(await another(scene), "PENDING");
      await propose(scene.run, "PENDING");
    },
    code: "deployment_limit",
    needs: "write_deployments",
    facts: { limit: 1, active_slots: 1 },
  },
  "no worker, ever": {
    scene: { works: false, polls: false },
    break: async () => undefined,
    code: "no_worker_online",
    facts: { last_seen: null, online: [] },
    offered: true,
  },
  "a worker that died": {
    break: async () => suite.base.setClock(((parseInstant(new Date().toISOString()) ?? 0) + 600_000_000) as never),
    code: "no_worker_online",
    facts: { online: [] },
    offered: true,
  },
  "workers that poll another queue": {
    scene: { polls: false },
    break: async ({ pool }) => {
      await call("POST", `/work_pools/${pool}/queues`, { name: "other" });
      await poll(pool, ["other"]);
    },
    code: "work_queue_not_polled",
    facts: { online: ["w1"], last_polled: null },
    offered: true,
  },
  "a due time to come": {
    break: ({ run }) =>
      state(run, "SCHEDULED", { state_details: { scheduled_time: new Date(Date.now() + 3_600_000).toISOString() } }),
    code: "not_due",
    needs: "run_flows",
    facts: { kind: "schedule" },
  },
  "a retry to come": {
    break: ({ run }) =>
      state(run, "SCHEDULED", {
        name: "AwaitingRetry",
        state_details: { scheduled_time: new Date(Date.now() + 3_600_000).toISOString() },
      }),
    code: "not_due",
    facts: { kind: "retry", state: "AwaitingRetry" },
  },
  "a deployment that was deleted": {
    break: async (scene) => {
      await state(scene.run, "SCHEDULED", { name: "AwaitingRetry" });
      await suite.base.db.prisma.deployment.deleteMany({ where: { id: scene.deployment } });
    },
    code: "deployment_deleted",
    offered: true,
  },
  "a queue that was deleted": {
    break: async ({ queueId }) => suite.base.db.prisma.workQueue.deleteMany({ where: { id: queueId } }),
    code: "work_queue_deleted",
  },
  "job variables that the pool does not take": {
    break: ({ pool }) =>
      call("PATCH", `/work_pools/${pool}`, {
        base_job_template: {
          job_configuration: { cpu: "{{ cpu }}" },
          variables: { type: "object", properties: { cpu: { type: "integer" } }, required: ["cpu"] },
        },
      }),
    code: "job_variables_invalid",
    offered: true,
  },
  "a pool whose jobs nobody submits": {
    scene: { pool: { type: "ecs:push" }, works: false, polls: false },
    break: async () => undefined,
    code: "nothing_submits",
    facts: { type: "ecs:push" },
    offered: true,
  },
  "a pool whose schema goes round in circles": {
    scene: { deployment: { job_variables: { cpu: 1 } } },
    break: ({ pool }) =>
      call("PATCH", `/work_pools/${pool}`, {
        base_job_template: {
          job_configuration: { cpu: "{{ cpu }}" },
          variables: {
            type: "object",
            properties: { cpu: { $ref: "#/definitions/loop" } },
            definitions: { loop: { $ref: "#/definitions/loop" } },
          },
        },
      }),
    code: "job_variables_invalid",
    facts: { faults: [expect.stringContaining("circular")] },
    offered: true,
  },
  "a submission from which nothing came": {
    break: async ({ run }) => {
      await state(run, "PENDING");
      suite.base.setClock(((parseInstant(new Date().toISOString()) ?? 0) + 70_000_000) as never);
    },
    code: "infrastructure_starting",
  },
  "a pause": {
    break: ({ run }) => state(run, "PAUSED", { name: "Suspended" }),
    code: "paused",
    needs: "run_flows",
    facts: { state: "Suspended" },
  },
  "a cancellation under way": {
    break: async ({ run }) => {
      await state(run, "RUNNING");
      await call("PATCH", `/flow_runs/${run}`, { infrastructure_pid: "host:1" });
      await state(run, "CANCELLING");
    },
    code: "cancelling",
    facts: { infrastructure_pid: "host:1", until: expect.stringMatching(/Z$/) },
  },
};

for (const [name, fault] of Object.entries(faults)) {
  test(`${name} is named`, async () => {
    const scene = await aScene(fault.scene);
    await fault.break(scene);
    const { cause, checks } = await explain("flow_runs", scene.run);
    expect(cause).toBe(fault.code);
    const named = checks.find(({ code }) => code === fault.code);
    expect(named).toMatchObject({ ok: false, facts: fault.facts ?? {}, needs: fault.needs ?? named?.needs });
    expect(named?.fix).toMatch(/\w/);
    // The poll decides by the same: what it offers, no check of pool, queue or time may hold.
    const offered = (await poll(scene.pool, fault.code === "work_queue_deleted" ? [] : ["default"])).map(
      ({ flow_run }) => flow_run.id,
    );
    expect(offered.includes(scene.run)).toBe(fault.offered ?? false);
  });
}

test("a run that its own process retries says so", async () => {
  const flow_id = await aFlow(suite.ws);
  const run = String((await call("POST", "/flow_runs/", { flow_id, state: { type: "PENDING" } })).id);
  await call("PATCH", `/flow_runs/${run}`, { empirical_policy: { retries: 3, retry_delay: 0 } });
  await call("POST", `/flow_runs/${run}/set_state`, { state: { type: "RUNNING" } });
  await call("POST", `/flow_runs/${run}/set_state`, { state: { type: "FAILED" } });
  expect((await explain("flow_runs", run)).cause).toBe("retried_by_its_process");
});

test("a run without deployment and queue waits for the process that made it", async () => {
  const flow_id = await aFlow(suite.ws);
  const { id } = await call("POST", "/flow_runs/", { flow_id, state: { type: "SCHEDULED" } });
  expect((await explain("flow_runs", String(id))).cause).toBe("nobody_starts_it");
});

test("a deployment that no process serves says so, and the run with it", async () => {
  const flow_id = await aFlow(suite.ws);
  const { id } = await call("POST", "/deployments/", { flow_id, name: "served" });
  const run = await call("POST", `/deployments/${id}/create_flow_run`, {});
  expect((await explain("flow_runs", String(run.id))).cause).toBe("not_served");
  expect((await explain("deployments", String(id))).cause).toBe("not_served");
  await call("POST", "/deployments/get_scheduled_flow_runs", { deployment_ids: [id] });
  await expect.poll(async () => (await explain("flow_runs", String(run.id))).cause).toBeNull();
});

test("a deployment says which of its schedules makes no runs, and why", async () => {
  const cron = { schedule: { cron: "0 9 * * *", timezone: "UTC" } };
  const spent = { schedule: { rrule: "DTSTART:20200101T000000\nRRULE:FREQ=DAILY;COUNT=2" } };
  const paused = await aScene({ deployment: { paused: true, schedules: [cron] } });
  expect((await explain("deployments", paused.deployment)).cause).toBe("deployment_paused");
  await call("POST", `/deployments/${paused.deployment}/disable`);
  expect((await explain("deployments", paused.deployment)).cause).toBe("deployment_disabled");
  const off = await aScene({ deployment: { schedules: [{ ...cron, active: false }] } });
  expect((await explain("deployments", off.deployment)).cause).toBe("schedules_inactive");
  const over = await aScene({ deployment: { schedules: [spent] } });
  const { cause, checks } = await explain("deployments", over.deployment);
  expect(cause).toBe("schedules_spent");
  expect(checks.find(({ code }) => code === "schedules_spent")?.facts.schedules).toMatchObject([
    { active: true, next: null },
  ]);
});

test("a finished or running run waits for nothing", async () => {
  const scene = await aScene();
  for (const type of ["RUNNING", "COMPLETED"]) {
    await state(scene.run, type);
    expect(await explain("flow_runs", scene.run)).toMatchObject({ cause: null, checks: [] });
  }
});

test("a full limit says who holds it until when, and who waits", async () => {
  const name = `limit-${randomUUID()}`;
  await call("POST", "/v2/concurrency_limits/", { name, limit: 1 });
  expect((await explain("v2/concurrency_limits", name)).cause).toBeNull();
  const holder = randomUUID();
  const ask = { names: [name], slots: 1, mode: "concurrency", lease_duration: 60 };
  await call("POST", "/v2/concurrency_limits/increment-with-lease", {
    ...ask,
    holder: { type: "flow_run", id: holder },
  });
  const { cause, checks } = await explain("v2/concurrency_limits", name);
  expect(cause).toBe("concurrency_limit");
  const [first] = (checks[0]?.facts.holders ?? []) as { since: string; until: string }[];
  const { since = "", until = "" } = first ?? {};
  expect(Date.parse(until) - Date.parse(since)).toBe(60_000);
  expect(checks[0]).toMatchObject({
    needs: "manage_concurrency_limits",
    facts: { limit: 1, active_slots: 1, holders: [{ type: "flow_run", id: holder, slots: 1 }], waiting: [] },
    fix: expect.stringContaining(until),
  });
  await call("PATCH", `/v2/concurrency_limits/${name}`, { active: false });
  expect((await explain("v2/concurrency_limits", name)).cause).toBeNull();
});

test("an account that is refused calls is told so, ahead of the workers that poll too seldom for it", async () => {
  const scene = await aScene({ polls: false });
  const app = await buildApp(suite.base.services, { limits: { apiPerMinute: 60, eventsPerMinute: 0 } });
  const { accountId, workspaceId, apiKey } = suite.ws;
  const ask = (method: "GET" | "POST", path: string) =>
    app.inject({
      ...{ method, url: `/api/accounts/${accountId}/workspaces/${workspaceId}${path}` },
      ...{ headers: { authorization: `Bearer ${apiKey}` }, ...(method === "POST" ? { payload: {} } : {}) },
    });
  const explained = async () => {
    const answer = await ask("GET", `/flow_runs/${scene.run}/explain`);
    return answer.statusCode === 200 ? (answer.json() as Explained) : undefined;
  };
  expect((await explained())?.cause).toBe("work_queue_not_polled");
  let refused = 0;
  while (refused < 5) if ((await ask("POST", "/flows/count")).statusCode === 429) refused += 1;
  // The next call that the account may make again.
  let told: Explained | undefined;
  await expect
    .poll(
      async () => {
        told = await explained();
        return told?.cause;
      },
      { timeout: 5_000 },
    )
    .toBe("account_throttled");
  const named = told?.checks.find(({ code }) => code === "account_throttled");
  const [first] = (named?.facts.refusals ?? []) as { what: string; per_minute: number; refused: number }[];
  expect(first).toMatchObject({ what: "API calls", per_minute: 60 });
  expect(first?.refused).toBeGreaterThanOrEqual(5);
  expect(named?.fix).toContain("60 API calls a minute");
  await app.close();
});

test("a background task waits for a process that serves it", async () => {
  const task_key = `task-${randomUUID()}`;
  const { id } = await call("POST", "/task_runs/", {
    task_key,
    dynamic_key: randomUUID(),
    state: { type: "SCHEDULED", state_details: { deferred: true, task_parameters_id: randomUUID() } },
  });
  expect(await explain("task_runs", String(id))).toMatchObject({ cause: "no_task_worker" });
  const { store } = suite.ws.ctx();
  await store.queuedTasks.keep("worker-1", [task_key], 30);
  expect((await explain("task_runs", String(id))).cause).toBeNull();
  await store.queuedTasks.claim([task_key], "worker-1", 30);
  const { cause, checks } = await explain("task_runs", String(id));
  expect(cause).toBe("taken_by_task_worker");
  expect(checks.find(({ ok }) => !ok)?.facts).toMatchObject({ holder: "worker-1", task_workers: ["worker-1"] });
});

test("what does not exist is 404", async () => {
  for (const what of ["flow_runs", "task_runs", "deployments", "work_queues", "v2/concurrency_limits"])
    expect((await suite.api.call(suite.ws, "GET", `/${what}/${randomUUID()}/explain`)).status).toBe(404);
});
