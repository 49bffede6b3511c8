import { randomUUID } from "node:crypto";
import { planSchedules } from "@weir/operations";
import { aFlow, apiSuite, aWorkspace, processorMs } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
const { call, status } = suite;

beforeAll(async () => {
  await call("POST", "/work_pools/", { name: "pool", type: "process" });
});

type Body = Record<string, unknown>;
const hourly = { interval: 3600, anchor_date: "2026-01-01T00:00:00Z", timezone: "UTC" };

async function aDeployment(more: Body = {}): Promise<{ id: string; flow: string; name: string }> {
  const flow = String(more.flow_id ?? (await aFlow(suite.ws)));
  const name = String(more.name ?? `d-${randomUUID().slice(0, 8)}`);
  const made = await call("POST", "/deployments/", { flow_id: flow, name, ...more });
  expect(made.status).toBe(201);
  return { id: String(made.body.id), flow, name };
}

async function waiting(id: string): Promise<Body[]> {
  const filter = { deployments: { id: { any_: [id] } }, flow_runs: { state: { type: { any_: ["SCHEDULED"] } } } };
  const answer = await suite.api.call(suite.ws, "POST", "/flow_runs/filter", {
    ...filter,
    sort: "NEXT_SCHEDULED_START_TIME_ASC",
  });
  return answer.body as Body[];
}

test("a deployment comes back as it was sent, numbers included", async () => {
  const flow_id = await aFlow(suite.ws, "sent");
  const sent =
    `{"name":"exact","flow_id":"${flow_id}","parameters":{"x":1.0,"big":1152921504606846977},"work_pool_name":"pool",` +
    `"tags":["a"],"pull_steps":[{"step":{"n":2.50}}],"schedules":[{"schedule":{"cron":"0 9 * * 1-5","timezone":"America/New_York"},"slug":"s"}]}`;
  expect(await status("POST", "/deployments/", sent)).toBe(201);
  const answer = await fetch(`${suite.api.workspaceUrl(suite.ws)}/deployments/name/sent/exact`, {
    headers: { authorization: `Bearer ${suite.ws.apiKey}` },
  });
  const text = await answer.text();
  expect(text).toContain('"parameters":{"x":1.0,"big":1152921504606846977}');
  expect(text).toContain('[{"step":{"n":2.50}}]');
  expect(JSON.parse(text)).toMatchObject({
    status: "NOT_READY",
    paused: false,
    work_pool_name: "pool",
    work_queue_name: "default",
    tags: ["a"],
    enforce_parameter_schema: true,
    schedules: [
      { slug: "s", active: true, schedule: { cron: "0 9 * * 1-5", timezone: "America/New_York", day_or: true } },
    ],
    labels: { "prefect.flow.id": flow_id },
  });
});

test("creating it again sets what is given, keeps the rest and replaces the schedules", async () => {
  const one = await aDeployment({
    description: "kept",
    tags: ["a"],
    job_variables: { env: "x" },
    schedules: [{ schedule: hourly }],
  });
  const again = await call("POST", "/deployments/", {
    flow_id: one.flow,
    name: one.name,
    tags: ["b"],
    job_variables: {},
  });
  expect(again.status).toBe(200);
  expect(again.body).toMatchObject({
    id: one.id,
    description: "kept",
    tags: ["b"],
    job_variables: { env: "x" },
    schedules: [],
  });
});

test.each([
  ["an unknown pool is 404", { work_pool_name: "gone" }, 404, 'Work pool "gone" not found.'],
  ["a bad cron is 422", { schedules: [{ schedule: { cron: "x" } }] }, 422, undefined],
  ["a cron that never fires is 422", { schedules: [{ schedule: { cron: "0 0 30 2 *" } }] }, 422, undefined],
  [
    "a rule that never fires is 422",
    { schedules: [{ schedule: { rrule: "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1,2,3" } }] },
    422,
    undefined,
  ],
  [
    "two schedules of one slug are 409",
    {
      schedules: [
        { schedule: hourly, slug: "s" },
        { schedule: hourly, slug: "s" },
      ],
    },
    409,
    "Schedule slugs must be unique within a deployment.",
  ],
  [
    "parameters that do not fit their schema are 422",
    { parameters: { x: "a" }, parameter_openapi_schema: { type: "object", properties: { x: { type: "integer" } } } },
    422,
    undefined,
  ],
  ["a limit of none is 422", { concurrency_limit: 0 }, 422, undefined],
  ["a name with a slash is 422", { name: "a/b" }, 422, undefined],
])("%s", async (_, more, wanted, detail) => {
  const flow_id = await aFlow(suite.ws);
  const spent = await processorMs(async () => {
    const made = await call("POST", "/deployments/", { flow_id, name: "d", ...more });
    expect(made.status).toBe(wanted);
    if (detail) expect(made.body).toEqual({ detail });
  });
  expect(spent).toBeLessThan(1_000);
});

test("job variables are checked against the pool's template", async () => {
  const variables = { type: "object", properties: { cpu: { type: "integer" } }, required: ["cpu"] };
  const base_job_template = { job_configuration: { cpu: "{{ cpu }}" }, variables };
  await call("POST", "/work_pools/", { name: "strict", type: "process", base_job_template });
  const flow_id = await aFlow(suite.ws);
  const wrong = { flow_id, name: "d", work_pool_name: "strict", job_variables: { cpu: "many" } };
  expect(await status("POST", "/deployments/", wrong)).toBe(422);
  const { id } = await aDeployment({ flow_id, work_pool_name: "strict" });
  expect(await status("POST", `/deployments/${id}/create_flow_run`, {})).toBe(422);
  const run = await call("POST", `/deployments/${id}/create_flow_run`, { job_variables: { cpu: 2 } });
  expect(run).toMatchObject({ status: 201, body: { job_variables: { cpu: 2 } } });
});

test("every route of a deployment that is not there is 404", async () => {
  const gone = randomUUID();
  const routes = [
    ["GET", `/deployments/${gone}`],
    ["GET", "/deployments/not-an-id"],
    ["GET", "/deployments/name/no/no"],
    ["PATCH", `/deployments/${gone}`, { tags: [] }],
    ["DELETE", `/deployments/${gone}`],
    ["POST", `/deployments/${gone}/create_flow_run`, {}],
    ["POST", `/deployments/${gone}/create_flow_run/bulk`, []],
    ["POST", `/deployments/${gone}/pause_deployment`],
    ["GET", `/deployments/${gone}/schedules`],
    ["POST", `/deployments/${gone}/schedules`, []],
    ["PATCH", `/deployments/${gone}/schedules/${gone}`, {}],
    ["DELETE", `/deployments/${gone}/schedules/${gone}`],
  ] as const;
  for (const [method, path, body] of routes) expect([path, await status(method, path, body)]).toEqual([path, 404]);
});

test("another tenant's deployment is 404", async () => {
  const { id } = await aDeployment();
  const other = await aWorkspace(suite.base.services);
  expect((await suite.api.call(other, "GET", `/deployments/${id}`)).status).toBe(404);
  expect((await suite.api.call(other, "PATCH", `/deployments/${id}`, { paused: true })).status).toBe(404);
  expect((await suite.api.call(other, "DELETE", `/deployments/${id}`)).status).toBe(404);
});

test("a change takes planned runs away, and they are planned anew with what holds now", async () => {
  const { id } = await aDeployment({
    parameters: { x: 1 },
    schedules: [{ schedule: hourly, slug: "h", parameters: { y: 2 } }],
  });
  await planSchedules(suite.base.services);
  expect((await waiting(id)).map((run) => run.parameters)).toEqual([
    { x: 1, y: 2 },
    { x: 1, y: 2 },
    { x: 1, y: 2 },
  ]);
  expect(await status("PATCH", `/deployments/${id}`, { parameters: { x: 5 } })).toBe(204);
  expect(await waiting(id)).toEqual([]);
  await planSchedules(suite.base.services);
  const [run] = await waiting(id);
  expect(run).toMatchObject({
    parameters: { x: 5, y: 2 },
    auto_scheduled: true,
    tags: ["auto-scheduled"],
    created_by: { type: "SCHEDULE", display_value: "h" },
    state: { name: "Scheduled", message: "Flow run scheduled" },
  });
});

test("pausing drops planned runs and plans no more; resuming plans again; runs asked for stay", async () => {
  const { id } = await aDeployment({ schedules: [{ schedule: hourly }] });
  await planSchedules(suite.base.services);
  const asked = await call("POST", `/deployments/${id}/create_flow_run`, {});
  expect(await status("POST", `/deployments/${id}/pause_deployment`)).toBe(200);
  await planSchedules(suite.base.services);
  expect((await waiting(id)).map((run) => run.id)).toEqual([asked.body.id]);
  expect(await status("POST", `/deployments/${id}/resume_deployment`)).toBe(200);
  await planSchedules(suite.base.services);
  expect(await waiting(id)).toHaveLength(4);
});

test("deleting a deployment deletes its runs that have not started, and only those", async () => {
  const { id } = await aDeployment();
  const waits = await call("POST", `/deployments/${id}/create_flow_run`, {});
  const started = await call("POST", `/deployments/${id}/create_flow_run`, {});
  await call("POST", `/flow_runs/${started.body.id}/set_state`, { state: { type: "PENDING" } });
  expect(await status("DELETE", `/deployments/${id}`)).toBe(204);
  expect(await status("GET", `/flow_runs/${waits.body.id}`)).toBe(404);
  expect(await status("GET", `/flow_runs/${started.body.id}`)).toBe(200);
});

test("schedules are matched by slug when a deployment is changed", async () => {
  const { id } = await aDeployment({
    schedules: [
      { schedule: hourly, slug: "a" },
      { schedule: hourly, slug: "b" },
    ],
  });
  const slugs = async () => {
    const { body } = await suite.api.call(suite.ws, "GET", `/deployments/${id}/schedules`);
    return (body as { slug: string; active: boolean }[]).map((one) => `${one.slug} ${one.active}`).sort();
  };
  const patch = (schedules: unknown) => status("PATCH", `/deployments/${id}`, { schedules });
  expect(await patch([{ slug: "a", active: false }])).toBe(204);
  expect(await slugs()).toEqual(["a false", "b true"]);
  expect(await patch([])).toBe(204);
  expect(await slugs()).toEqual(["a false", "b true"]);
  expect(await patch([{ active: true }])).toBe(422);
  expect(await patch([{ slug: "new" }])).toBe(422);
  expect(await patch([{ slug: "c", replaces: "a" }])).toBe(204);
  expect(await slugs()).toEqual(["b true", "c false"]);
  expect(await patch([{ slug: "b", replaces: "c" }])).toBe(422);
  expect(
    await patch([
      { slug: "x", replaces: "b" },
      { slug: "y", replaces: "b" },
    ]),
  ).toBe(422);
  expect(
    await patch([
      { slug: "b", replaces: "c" },
      { slug: "c", replaces: "b" },
    ]),
  ).toBe(204);
  expect(await slugs()).toEqual(["b false", "c true"]);
});

test("schedules without slugs are replaced", async () => {
  const { id } = await aDeployment({ schedules: [{ schedule: hourly }] });
  await call("PATCH", `/deployments/${id}`, { schedules: [{ schedule: { rrule: "FREQ=DAILY" } }] });
  const read = await call("GET", `/deployments/${id}`);
  expect(read.body.schedules).toMatchObject([{ schedule: { rrule: "FREQ=DAILY", timezone: "UTC" } }]);
  await call("PATCH", `/deployments/${id}`, { schedules: [] });
  expect((await call("GET", `/deployments/${id}`)).body.schedules).toEqual([]);
});

test("schedules are added, changed and deleted one by one", async () => {
  const { id } = await aDeployment();
  const made = await call("POST", `/deployments/${id}/schedules`, [{ schedule: hourly, slug: "a" }]);
  expect(made.status).toBe(201);
  const schedule = (made.body as unknown as { id: string }[])[0]?.id;
  expect(await status("POST", `/deployments/${id}/schedules`, [{ schedule: hourly, slug: "a" }])).toBe(409);
  expect(await status("POST", `/deployments/${id}/schedules`, { not: "a list" })).toBe(422);
  await planSchedules(suite.base.services);
  expect(await waiting(id)).toHaveLength(3);
  expect(await status("PATCH", `/deployments/${id}/schedules/${schedule}`, { active: false })).toBe(204);
  expect(await waiting(id)).toEqual([]);
  expect(await status("DELETE", `/deployments/${id}/schedules/${schedule}`)).toBe(204);
  expect(await status("DELETE", `/deployments/${id}/schedules/${schedule}`)).toBe(404);
});

test("a run lays what it is given over what the deployment has", async () => {
  const schema = {
    type: "object",
    properties: { x: { type: "integer" }, y: { type: "integer" } },
    required: ["x", "y"],
  };
  const { id } = await aDeployment({
    work_pool_name: "pool",
    parameters: { x: 1 },
    tags: ["a"],
    version: "v1",
    parameter_openapi_schema: schema,
  });
  const run = (body: Body) => call("POST", `/deployments/${id}/create_flow_run`, body);
  expect(await run({})).toMatchObject({
    status: 409,
    body: { detail: "Error creating flow run: Validation failed. Failure reason: 'y' is a required property" },
  });
  expect(await run({ enforce_parameter_schema: false })).toMatchObject({ status: 201 });
  const made = await run({
    parameters: { y: 2 },
    tags: ["b", "a"],
    work_queue_name: "new queue",
    idempotency_key: "once",
    state: null,
  });
  expect(made).toMatchObject({
    status: 201,
    body: {
      parameters: { x: 1, y: 2 },
      tags: ["a", "b"],
      deployment_version: "v1",
      work_pool_name: "pool",
      work_queue_name: "new queue",
      labels: { "prefect.deployment.id": id },
      state: { type: "SCHEDULED", name: "Scheduled" },
    },
  });
  expect(await run({ parameters: { y: 3 }, idempotency_key: "once" })).toMatchObject({
    status: 200,
    body: { id: made.body.id, parameters: { y: 2 } },
  });
  const loose = await aDeployment();
  expect(await status("POST", `/deployments/${loose.id}/create_flow_run`, { work_queue_name: "q" })).toBe(400);
});

test("of many runs asked for at once, each fails or succeeds alone", async () => {
  const { id } = await aDeployment({
    parameter_openapi_schema: { type: "object", properties: { x: { type: "integer" } } },
  });
  const many = await call("POST", `/deployments/${id}/create_flow_run/bulk`, [
    { parameters: { x: 1 } },
    { parameters: { x: "a" } },
  ]);
  expect(many.body).toMatchObject({ results: [{ status: "CREATED" }, { status: "FAILED", flow_run_id: null }] });
  const tooMany = Array.from({ length: 101 }, () => ({}));
  expect(await status("POST", `/deployments/${id}/create_flow_run/bulk`, tooMany)).toBe(400);
});

test("a runner is offered its deployments' runs", async () => {
  const [one, other] = [await aDeployment({ work_pool_name: "pool" }), await aDeployment()];
  const run = await call("POST", `/deployments/${one.id}/create_flow_run`, {});
  await call("POST", `/deployments/${other.id}/create_flow_run`, {});
  const offered = await suite.api.call(suite.ws, "POST", "/deployments/get_scheduled_flow_runs", {
    deployment_ids: [one.id],
    scheduled_before: null,
  });
  expect((offered.body as Body[]).map((it) => it.id)).toEqual([run.body.id]);
});

test("deployments are listed, counted, paged and deleted by filter", async () => {
  const tag = randomUUID();
  for (const name of ["c", "a", "b"]) await aDeployment({ name, tags: [tag] });
  const filter = { deployments: { tags: { all_: [tag] } } };
  const listed = await suite.api.call(suite.ws, "POST", "/deployments/filter", {
    ...filter,
    sort: null,
    limit: null,
    flows: null,
  });
  expect((listed.body as Body[]).map((one) => one.name)).toEqual(["a", "b", "c"]);
  expect((await call("POST", "/deployments/count", filter)).body).toBe(3);
  expect((await call("POST", "/deployments/paginate", { ...filter, limit: 2, page: 2 })).body).toMatchObject({
    count: 3,
    pages: 2,
    page: 2,
    results: [{ name: "c" }],
  });
  expect(await status("POST", "/deployments/filter", { limit: 201 })).toBe(422);
  expect(await status("POST", "/deployments/filter", { deployments: { nope: {} } })).toBe(422);
  expect(((await call("POST", "/deployments/bulk_delete", filter)).body.deleted as string[]).length).toBe(3);
});

test("a pool that is named null is left", async () => {
  const { id } = await aDeployment({ work_pool_name: "pool" });
  expect(await status("PATCH", `/deployments/${id}`, { work_pool_name: null })).toBe(204);
  expect((await call("GET", `/deployments/${id}`)).body).toMatchObject({
    work_pool_name: null,
    work_queue_id: null,
    work_queue_name: null,
  });
  expect(await status("PATCH", `/deployments/${id}`, { work_pool_name: "gone" })).toBe(404);
  expect(await status("PATCH", `/deployments/${id}`, { parameters: { any: 1 } })).toBe(204);
});

test("clients of Prefect 2 say it in other words, and read it in them", async () => {
  const { id } = await aDeployment({ infra_overrides: { env: "x" }, schedule: hourly, is_schedule_active: false });
  const read = async () => (await call("GET", `/deployments/${id}`)).body;
  expect(await read()).toMatchObject({
    ...{ job_variables: { env: "x" }, infra_overrides: { env: "x" }, paused: true, is_schedule_active: false },
    ...{ schedule: hourly, schedules: [{ schedule: hourly, active: true }], manifest_path: null },
  });
  expect(await status("PATCH", `/deployments/${id}`, { is_schedule_active: true, infra_overrides: { env: "y" } })).toBe(
    204,
  );
  expect(await read()).toMatchObject({ paused: false, job_variables: { env: "y" }, schedules: [{ schedule: hourly }] });
  const [before] = (await read()).schedules as { id: string }[];
  expect(await status("PATCH", `/deployments/${id}`, { schedule: { cron: "0 9 * * *", timezone: "UTC" } })).toBe(204);
  expect(await read()).toMatchObject({ schedules: [{ id: before?.id, schedule: { cron: "0 9 * * *" } }] });
  expect(await status("PATCH", `/deployments/${id}`, { schedule: null })).toBe(204);
  expect(await read()).toMatchObject({ schedule: null, schedules: [] });
  expect(await status("PATCH", `/deployments/${id}`, { schedule: hourly })).toBe(204);
  expect(await read()).toMatchObject({ schedule: hourly });
});

test("of several schedules none is the only one, and today's words win over former ones", async () => {
  const several = [{ schedule: hourly }, { schedule: { cron: "0 9 * * *", timezone: "UTC" } }];
  const both = { job_variables: { env: "new" }, infra_overrides: { env: "old" }, paused: false };
  const { id } = await aDeployment({ ...both, is_schedule_active: false, schedules: several, schedule: hourly });
  const { body } = await call("GET", `/deployments/${id}`);
  expect(body).toMatchObject({ job_variables: { env: "new" }, paused: false });
  expect(body.schedules).toHaveLength(2);
  expect(await status("PATCH", `/deployments/${id}`, { schedule: hourly })).toBe(422);
});
