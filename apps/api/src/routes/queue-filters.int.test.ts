import { randomUUID } from "node:crypto";
import { formatInstant, type Micros } from "@weir/contracts";
import { aFlow, aFlowRun, apiSuite, aWorkspace } from "@weir/testing";
import { beforeEach, expect, test } from "vitest";

const suite = apiSuite();
const { call, status } = suite;

type Body = Record<string, unknown>;
const all = async (method: string, path: string, body: Body | undefined = method === "GET" ? undefined : {}) =>
  (await suite.api.call(suite.ws, method, path, body)).body as Body[];

let pool: string;
let flow: string;
beforeEach(async () => {
  pool = `pool-${randomUUID().slice(0, 8)}`;
  flow = await aFlow(suite.ws);
  await call("POST", "/work_pools/", { name: pool, type: "process" });
});

const aQueue = async (given: Body = {}) =>
  String((await call("POST", `/work_pools/${pool}/queues`, { name: randomUUID(), ...given })).body.id);
const aDeployment = async (given: Body = {}) =>
  String(
    (await call("POST", "/deployments/", { flow_id: flow, name: randomUUID(), work_pool_name: pool, ...given })).body
      .id,
  );
/** A run of a deployment that was due so many seconds ago. */
async function aRun(deployment: string, tags: string[], secondsAgo = 1): Promise<string> {
  const due = formatInstant((suite.base.services.clock() - secondsAgo * 1e6) as Micros);
  const state = { type: "SCHEDULED", state_details: { scheduled_time: due } };
  return String((await call("POST", `/deployments/${deployment}/create_flow_run`, { tags, state })).body.id);
}
const offered = async (queue: string, asked: Body = {}) =>
  (await all("POST", `/work_queues/${queue}/get_runs`, asked)).map(({ id }) => id);
const start = (run: string) => call("POST", `/flow_runs/${run}/set_state`, { state: { type: "PENDING" } });

test("a filter is kept as it was given and answered wherever its queue is told of, until it is taken away", async () => {
  const [deployment] = [randomUUID()];
  const agents = (await call("POST", "/work_queues/", { name: randomUUID(), filter: { tags: ["a", "b"] } })).body;
  expect(agents.filter).toEqual({ tags: ["a", "b"], deployment_ids: null });
  const id = await aQueue({ filter: { deployment_ids: [deployment] } });
  const kept = { tags: null, deployment_ids: [deployment] };
  const { body } = await call("GET", `/work_queues/${id}`);
  expect(body.filter).toEqual(kept);
  const byName = `/work_pools/${pool}/queues/${body.name}`;
  expect((await call("GET", byName)).body.filter).toEqual(kept);
  expect(await all("POST", "/work_queues/filter", { work_queues: { id: { any_: [id] } } })).toMatchObject([
    { filter: kept },
  ]);
  await call("PATCH", `/work_queues/${id}`, { description: "x" });
  expect((await call("GET", byName)).body).toMatchObject({ description: "x", filter: kept });
  expect(await status("PATCH", byName, { filter: { tags: [] } })).toBe(204);
  expect((await call("GET", byName)).body.filter).toEqual({ tags: [], deployment_ids: null });
  expect(await status("PATCH", `/work_queues/${id}`, { filter: null })).toBe(204);
  expect((await call("GET", byName)).body.filter).toBeNull();
});

test.each([["no object"], { tags: "a" }, { tags: [1] }, { deployment_ids: ["no id"] }, { deployment_ids: {} }])(
  "the filter %j is refused",
  async (filter) => {
    const id = await aQueue();
    for (const [method, path, body] of [
      ["POST", "/work_queues/", { name: randomUUID() }],
      ["POST", `/work_pools/${pool}/queues`, { name: randomUUID() }],
      ["PATCH", `/work_queues/${id}`, {}],
      ["PATCH", `/work_pools/${pool}/queues/default`, {}],
    ] as const) {
      const answer = await call(method, path, { ...body, filter });
      expect(answer).toMatchObject({ status: 422, body: { exception_message: "Invalid request received." } });
    }
    expect((await call("GET", `/work_queues/${id}`)).body.filter).toBeNull();
  },
);

test("a queue with a filter offers the runs that this takes in, of any queue, in the order in which they are due", async () => {
  const [mine, other] = [await aDeployment(), await aDeployment()];
  const [late, both, others] = [
    await aRun(mine, ["a"], 30),
    await aRun(mine, ["a", "b"], 20),
    await aRun(other, ["b"], 10),
  ];
  await aFlowRun(suite.ws, { flow_id: flow, tags: ["a", "b"], state: { type: "SCHEDULED" } });
  const taken = async (filter: Body, asked?: Body) => offered(await aQueue({ filter }), asked);
  const among = async (filter: Body) => {
    const found = await taken(filter);
    return [late, both, others].filter((run) => found.includes(run));
  };
  expect(await taken({ deployment_ids: [mine, other, mine] })).toEqual([late, both, others]);
  expect(await taken({ deployment_ids: [mine, other] }, { limit: 2 })).toEqual([late, both]);
  expect(await taken({ tags: ["b"], deployment_ids: [mine, other] })).toEqual([both, others]);
  expect(await taken({ tags: ["a", "b"] })).toEqual([both]);
  expect(await among({ tags: [] })).toEqual([late, both, others]);
  expect(await among({})).toEqual([late, both, others]);
  expect(await taken({ tags: ["c"] })).toEqual([]);
  expect(await taken({ deployment_ids: [] })).toEqual([]);
  expect(await taken({ deployment_ids: [mine] }, { scheduled_before: "2020-01-01T00:00:00Z" })).toEqual([]);
  expect(await offered(await aQueue())).toEqual([]);
});

test("a paused queue offers nothing, and what others are offered no filter changes", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment, []);
  const queue = await aQueue({ filter: { deployment_ids: [deployment] } });
  expect(await offered(queue)).toEqual([run]);
  await call("PATCH", `/work_queues/${queue}`, { is_paused: true });
  expect(await offered(queue)).toEqual([]);
  await call("PATCH", `/work_pools/${pool}/queues/default`, { filter: { tags: ["none"] } });
  const polled = await all("POST", `/work_pools/${pool}/get_scheduled_flow_runs`);
  expect(polled.map(({ flow_run }) => (flow_run as Body).id)).toEqual([run]);
});

test("the limit of a queue with a filter counts the active runs that this takes in", async () => {
  const deployment = await aDeployment();
  const filter = { tags: ["x"], deployment_ids: [deployment] };
  const queue = await aQueue({ filter, concurrency_limit: 2 });
  const [first, second, third] = [
    await aRun(deployment, ["x"], 3),
    await aRun(deployment, ["x"], 2),
    await aRun(deployment, ["x"]),
  ];
  const untagged = await aRun(deployment, []);
  const slots = async () => (await call("GET", `/work_queues/${queue}`)).body.active_slots;
  expect([await offered(queue), await slots()]).toEqual([[first, second], 0]);
  await start(untagged);
  await start(first);
  expect([await offered(queue), await slots()]).toEqual([[second], 1]);
  await start(second);
  expect([await offered(queue), await slots()]).toEqual([[], 2]);
  await call("PATCH", `/work_queues/${queue}`, { concurrency_limit: null });
  expect([await offered(queue), await slots()]).toEqual([[third], null]);
});

test("a deployment is told of its own queue, and of those whose filter takes it in", async () => {
  const deployment = await aDeployment({ tags: ["checked", "x"] });
  await aQueue({ filter: { tags: ["checked", "y"] } });
  await aQueue({ filter: { tags: ["checked"], deployment_ids: [randomUUID()] } });
  const queues = [
    await aQueue({ name: "a", filter: { tags: ["checked"] } }),
    await aQueue({ name: "b", filter: { deployment_ids: [deployment] } }),
  ];
  const told = await all("GET", `/deployments/${deployment}/work_queue_check`);
  const ofPool = told.filter(({ work_pool_name }) => work_pool_name === pool);
  expect(ofPool.map(({ name, id }) => (name === "default" ? name : id))).toEqual(["default", ...queues]);
});

test("a filter takes in nothing of another workspace", async () => {
  const deployment = await aDeployment();
  await aRun(deployment, ["shared"]);
  const spy = await aWorkspace(suite.base.services);
  const made = await suite.api.call(spy, "POST", "/work_queues/", {
    name: "spy",
    filter: { tags: ["shared"], deployment_ids: [deployment] },
    concurrency_limit: 5,
  });
  const { id } = made.body as Body;
  expect((await suite.api.call(spy, "POST", `/work_queues/${id}/get_runs`, {})).body).toEqual([]);
  expect((await suite.api.call(spy, "GET", `/work_queues/${id}`)).body).toMatchObject({ active_slots: 0 });
});
