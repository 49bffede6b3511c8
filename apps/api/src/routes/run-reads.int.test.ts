import { randomUUID } from "node:crypto";
import { apiSuite } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
/** A flow run with two tasks, the second fed by the first and inside it, and a subflow run. */
let tree: { flow: string; run: string; first: string; second: string; subflow: string };

beforeAll(async () => {
  tree = await aTree("parent");
});

type Body = Record<string, unknown>;
async function post<T = Body>(path: string, body: unknown, status?: number): Promise<T> {
  const answer = await suite.api.call(suite.ws, "POST", path, body);
  if (status === undefined) expect(answer.status).toBeLessThan(300);
  else expect(answer.status).toBe(status);
  return answer.body as T;
}
const get = async <T = Body>(path: string) => (await suite.api.call(suite.ws, "GET", path)).body as T;
const idOf = async (path: string, body: unknown) => String((await post(path, body)).id);

const state = (type: string) => ({ type });
async function aTree(name: string): Promise<typeof tree> {
  const flow = await idOf("/flows/", { name: `flow-${randomUUID()}` });
  const run = await idOf("/flow_runs/", { flow_id: flow, name, state: state("RUNNING") });
  const task = (key: string, task_inputs: Body, type = "COMPLETED") =>
    idOf("/task_runs/", {
      ...{ flow_run_id: run, task_key: key, dynamic_key: "0", name: key, task_inputs, state: state(type) },
    });
  const first = await task("first", {});
  const source = [{ input_type: "task_run", id: first }];
  const second = await task("second", { x: source, y: source, __parents__: source });
  const stand = await task("stand-in", {}, "RUNNING");
  const sub = await idOf("/flow_runs/", {
    ...{ flow_id: flow, name: "child", parent_task_run_id: stand, state: state("RUNNING") },
  });
  return { flow, run, first, second, subflow: sub };
}
const ofTree = () => ({ flow_runs: { id: { any_: [tree.run] } } });

test("the graph of a flow run tells its tasks, subflow runs, artifacts and states", async () => {
  const { run, first, second, subflow } = tree;
  await post("/artifacts/", { key: "progress", type: "progress", data: 0.5, flow_run_id: run, task_run_id: first });
  await post("/artifacts/", { type: "markdown", data: "# x", flow_run_id: run });
  await post("/artifacts/", { type: "result", data: "x", flow_run_id: run });
  type Node = {
    kind: string;
    label: string;
    parents: unknown;
    children: unknown;
    encapsulating: unknown;
    artifacts: Body[];
  };
  type Graph = { root_node_ids: string[]; nodes: [string, Node][]; artifacts: Body[]; states: Body[] };
  const graph = await get<Graph>(`/flow_runs/${run}/graph-v2`);
  const nodes = new Map(graph.nodes);
  expect([...nodes.keys()].sort()).toEqual([first, second, subflow].sort());
  expect(graph.root_node_ids.sort()).toEqual([first, subflow].sort());
  expect(nodes.get(first)).toMatchObject({
    children: [{ id: second }],
    parents: [],
    artifacts: [{ data: 0.5, is_latest: true }],
  });
  expect(nodes.get(second)).toMatchObject({ parents: [{ id: first }], encapsulating: [{ id: first }] });
  expect(nodes.get(subflow)).toMatchObject({
    kind: "flow-run",
    label: expect.stringContaining(" / child"),
    end_time: null,
  });
  expect(graph.artifacts).toMatchObject([{ type: "markdown", data: null, is_latest: true }]);
  expect(graph.states).toMatchObject([{ type: "RUNNING", name: "Running" }]);
  const later = await get<Graph>(`/flow_runs/${run}/graph-v2?since=2100-01-01T00:00:00Z`);
  expect(later.nodes.map(([id]) => id)).toEqual([subflow]);
});

test("the dependencies of a flow run's tasks name each source once", async () => {
  const told = await get<Body[]>(`/flow_runs/${tree.run}/graph`);
  expect(told.find((task) => task.id === tree.second)).toMatchObject({
    upstream_dependencies: [{ input_type: "task_run", id: tree.first }],
    untrackable_result: false,
    state: { type: "COMPLETED" },
  });
});

test.each(["graph", "graph-v2", "logs", "events", "logs/download"])(
  "%s of a run that is not there: 404",
  async (what) => {
    expect((await suite.api.call(suite.ws, "GET", `/flow_runs/${randomUUID()}/${what}`)).status).toBe(404);
  },
);

test("log lines are downloaded as CSV, in order, whatever they hold", async () => {
  const at = (second: number) => `2026-11-24T12:00:0${second}Z`;
  const line = (message: string, second: number) => ({
    name: "x",
    level: 20,
    message,
    timestamp: at(second),
    flow_run_id: tree.run,
  });
  await post("/logs/", [line('said "a, b"\nand c', 2), line("plain", 1)]);
  const answer = await suite.api.call(suite.ws, "GET", `/flow_runs/${tree.run}/logs/download`);
  expect(answer.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''parent-logs.csv");
  expect(answer.body).toBe(
    `timestamp,level,flow_run_id,task_run_id,message\r\n${at(1)},20,${tree.run},,plain\r\n${at(2)},20,${tree.run},,"said ""a, b""\nand c"\r\n`,
  );
});

test("pages of runs tell how many there are", async () => {
  const asked = { flows: { id: { any_: [tree.flow] } }, limit: 1, page: 2, sort: "NAME_ASC" };
  expect(await post("/flow_runs/paginate", asked)).toMatchObject({
    ...{ results: [{ name: "parent" }], count: 2, limit: 1, pages: 2, page: 2 },
  });
  expect(await post("/task_runs/paginate", { ...ofTree(), limit: 2 })).toMatchObject({ count: 3, pages: 2, page: 1 });
  expect(await post("/flows/paginate", { flows: asked.flows })).toMatchObject({
    results: [{ id: tree.flow }],
    count: 1,
    pages: 1,
  });
  await post("/flow_runs/paginate", { page: 0 }, 422);
});

test("a minimal list leaves out what a state carries", async () => {
  const [run] = await post<Body[]>("/flow_runs/filter-minimal", ofTree());
  expect(run).toMatchObject({
    id: tree.run,
    state_type: "RUNNING",
    state_name: "Running",
    state_timestamp: expect.any(String),
    flow: { id: tree.flow, tags: expect.any(Array) },
    work_queue: null,
  });
  expect(run).not.toHaveProperty("state");
});

test("lateness is the average of those that match, and null for none", async () => {
  const flow = await idOf("/flows/", { name: `late-${randomUUID()}` });
  const due = (scheduled_time: string) => ({ type: "SCHEDULED", state_details: { scheduled_time } });
  await post("/flow_runs/", { flow_id: flow, state: due(new Date(Date.now() - 600_000).toISOString()) });
  await post("/flow_runs/", { flow_id: flow, state: due("2100-01-01T00:00:00Z") });
  const flows = { id: { any_: [flow] } };
  const late = await post<number>("/flow_runs/lateness", { flows });
  expect(late).toBeGreaterThanOrEqual(300);
  expect(late).toBeLessThan(330);
  expect(await post("/flow_runs/lateness", { flows: { id: { any_: [randomUUID()] } } }, 200)).toBeNull();
});

test("a history counts runs by state in each interval of when they were expected", async () => {
  const flow = await idOf("/flows/", { name: `past-${randomUUID()}` });
  const due = (scheduled_time: string) => ({ type: "SCHEDULED", state_details: { scheduled_time } });
  for (const time of ["2100-01-01T00:00:00Z", "2100-01-01T00:59:59.999999Z", "2100-01-01T01:00:00Z"])
    await post("/flow_runs/", { flow_id: flow, state: due(time) });
  const asked = {
    history_start: "2100-01-01T00:00:00Z",
    history_end: "2100-01-01T02:30:00Z",
    flows: { id: { any_: [flow] } },
  };
  const history = await post<{ interval_start: string; states: Body[] }[]>("/flow_runs/history", {
    ...asked,
    history_interval_seconds: 3600,
  });
  const scheduled = {
    state_type: "SCHEDULED",
    state_name: "Scheduled",
    sum_estimated_run_time: 0,
    sum_estimated_lateness: 0,
  };
  expect(history.map(({ states }) => states)).toEqual([
    [{ ...scheduled, count_runs: 2 }],
    [{ ...scheduled, count_runs: 1 }],
    [],
  ]);
  expect(await post("/flow_runs/history", { ...asked, history_interval_seconds: 1 })).toHaveLength(500);
  expect(
    await post("/flow_runs/history", { ...asked, history_end: asked.history_start, history_interval_seconds: 1 }),
  ).toEqual([]);
  for (const history_interval_seconds of [0, -1, 0.5, 1e300, "x"])
    await post("/flow_runs/history", { ...asked, history_interval_seconds }, 422);
});

test("what matches is deleted, 50 at most, and nothing else", async () => {
  const { flow, run, subflow } = await aTree("doomed");
  expect(await post("/flow_runs/bulk_delete", { flow_runs: { id: { any_: [run] } } })).toEqual({ deleted: [run] });
  expect(await post("/task_runs/count", { task_runs: { flow_run_id: { any_: [run] } } })).toBe(0);
  expect(await post("/flow_runs/count", { flow_runs: { id: { any_: [subflow] } } })).toBe(1);
  expect(await post("/flows/bulk_delete", { flows: { id: { any_: [flow] } } })).toEqual({ deleted: [flow] });
  expect(await post("/flow_runs/count", { flow_runs: { id: { any_: [subflow] } } })).toBe(0);
  for (const path of ["/flows/bulk_delete", "/flow_runs/bulk_delete"]) await post(path, { limit: 51 }, 422);
});

test("dashboards are told how many there are of each", async () => {
  const { flow, run } = tree;
  const none = randomUUID();
  expect(await post("/ui/flows/count-deployments", { flow_ids: [flow, none] })).toEqual({ [flow]: 0, [none]: 0 });
  expect(await post("/ui/flow_runs/count-task-runs", { flow_run_ids: [run, none] })).toEqual({ [run]: 2, [none]: 0 });
  expect(await post("/ui/task_runs/count", ofTree())).toMatchObject({ COMPLETED: 2, RUNNING: 1, FAILED: 0 });
  expect(await post("/ui/work_pools/count-flow-runs", { work_pool_ids: [none] })).toEqual({ [none]: 0 });
  expect(await post("/ui/flows/next-runs", { flow_ids: [flow] })).toEqual({ [flow]: null });
  expect(await post<Body[]>("/ui/flow_runs/history", ofTree())).toMatchObject([{ id: run, state_type: "RUNNING" }]);
});

test("charts are told when runs started, in pages", async () => {
  const flow = await idOf("/flows/", { name: `chart-${randomUUID()}` });
  const due = (scheduled_time: string) => ({ type: "SCHEDULED", state_details: { scheduled_time } });
  for (const time of ["2100-01-01T00:00:00.9Z", "2100-01-01T00:00:02Z"])
    await post("/flow_runs/", { flow_id: flow, state: due(time) });
  const asked = { flows: { id: { any_: [flow] } }, limit: 1 };
  const point = (timestamp: number) => ({
    ...{ id: expect.any(String), state: "SCHEDULED", timestamp, duration: 0, deployment: null },
  });
  const page = (more: Body = {}) => post<Body>("/ui/flow_runs/history-v2", { ...asked, ...more });
  expect(await page()).toEqual({ results: [point(4_102_444_802)], count: 2, limit: 1, pages: 2, page: 1 });
  expect(await page({ page: 2 })).toMatchObject({ results: [point(4_102_444_800)] });
  expect(await page({ limit: null })).toMatchObject({ limit: 5000, results: [{}, {}] });
  await post("/ui/flow_runs/history-v2", { ...asked, limit: 5001 }, 422);
});

test("task runs are counted by how they ended, in twenty stretches of time", async () => {
  const { run } = tree;
  await post("/task_runs/", { flow_run_id: run, task_key: "ran", dynamic_key: "0", state: state("RUNNING") });
  const [ran] = await post<Body[]>("/task_runs/filter", { ...ofTree(), task_runs: { name: { like_: "ran" } } });
  await post(`/task_runs/${ran?.id}/set_state`, { state: state("FAILED"), force: true });
  const hour = new Date(Date.now() - 3_600_000).toISOString();
  const counts = await post<{ completed: number; failed: number }[]>("/ui/task_runs/dashboard/counts", {
    ...ofTree(),
    task_runs: { start_time: { after_: hour } },
  });
  expect(counts).toHaveLength(20);
  expect(counts.map(({ failed }) => failed).reduce((sum, one) => sum + one, 0)).toBe(1);
  await post("/ui/task_runs/dashboard/counts", ofTree(), 422);
});

test("the artifacts of a run are its own, its tasks' and those of the runs below it, as deep and as far back as asked", async () => {
  const { run, second, subflow, flow } = await aTree("makes");
  const of = async (path: string) => (await get<Body[]>(path)).map(({ data }) => data);
  const make = (data: string, more: Body) => post("/artifacts/", { data, ...more });
  await make("own", { flow_run_id: run });
  await make("task", { task_run_id: second });
  const inner = await idOf("/task_runs/", { flow_run_id: subflow, task_key: "inner", dynamic_key: "0" });
  const deep = await idOf("/flow_runs/", { flow_id: flow, parent_task_run_id: inner, state: state("RUNNING") });
  await make("below", { flow_run_id: subflow, task_run_id: inner });
  const last = await make("deepest", { flow_run_id: deep });
  await make("another's", { flow_run_id: tree.run });
  expect(await of(`/flow_runs/${run}/artifacts`)).toEqual(["deepest", "below", "task", "own"]);
  expect(await of(`/flow_runs/${run}/artifacts?depth=0&sort=asc`)).toEqual(["own", "task"]);
  expect(await of(`/flow_runs/${run}/artifacts?depth=1&sort=asc`)).toEqual(["own", "task", "below"]);
  expect(await of(`/flow_runs/${run}/artifacts?since=${last.created}`)).toEqual(["deepest"]);
  expect(await of(`/flow_runs/${run}/artifacts?until=${last.created}&depth=1`)).toEqual(["below", "task", "own"]);
  expect(await of(`/task_runs/${inner}/artifacts`)).toEqual(["deepest", "below"]);
  expect(await of(`/task_runs/${inner}/artifacts?depth=0`)).toEqual(["below"]);
  expect(await of(`/task_runs/${second}/artifacts`)).toEqual(["task"]);
  for (const what of ["flow_runs", "task_runs"])
    expect((await suite.call("GET", `/${what}/${randomUUID()}/artifacts`)).status).toBe(404);
});
