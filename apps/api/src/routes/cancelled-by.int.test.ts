import { randomUUID } from "node:crypto";
import { endCancelling } from "@weir/operations";
import { aFlowRun, apiSuite, aWorkspace, type TestWorkspace } from "@weir/testing";
import { beforeAll, expect, test } from "vitest";

const suite = apiSuite();
const { call } = suite;

type Body = Record<string, unknown>;
type Way = { force?: boolean; as?: TestWorkspace };

let me: Body;
/** Somebody else with a key to the same workspace: in these tests a worker's. */
let worker: TestWorkspace;
beforeAll(async () => {
  const { ws, base } = suite;
  me = { id: ws.userId, type: "USER", display_value: ws.identity.actor.name };
  worker = await aWorkspace(base.services);
  const stamp = { id: randomUUID(), created: new Date(), updated: new Date(), userId: worker.userId };
  const { prisma } = base.services.db;
  await prisma.membership.create({ data: { ...stamp, accountId: ws.accountId, role: "Member" } });
  await prisma.workspaceAccess.create({ data: { ...stamp, workspaceId: ws.workspaceId, role: "Developer" } });
});

const aRun = (type: string) => aFlowRun(suite.ws, { state: { type } });
async function set(run: string, type: string, { force = false, as = suite.ws }: Way = {}): Promise<unknown> {
  const { accountId, workspaceId } = suite.ws;
  const sent = { state: { type }, force };
  const answer = await suite.api.call({ ...as, accountId, workspaceId }, "POST", `/flow_runs/${run}/set_state`, sent);
  return (answer.body as Body).status;
}
/** The state that the minimal list tells, and who cancelled. */
async function told(run: string): Promise<unknown[]> {
  const { body } = await suite.api.call(suite.ws, "POST", "/flow_runs/filter-minimal", {
    flow_runs: { id: { any_: [run] } },
  });
  return (body as Body[]).flatMap((one) => [one.state_type, one.cancelled_by]);
}

test("who cancels a run is told of it, and who then reports that it ended is not", async () => {
  const run = await aRun("RUNNING");
  expect(await told(run)).toEqual(["RUNNING", null]);
  expect(await set(run, "CANCELLING")).toBe("ACCEPT");
  expect(await told(run)).toEqual(["CANCELLING", me]);
  expect(await set(run, "CANCELLED", { force: true, as: worker })).toBe("ACCEPT");
  expect(await told(run)).toEqual(["CANCELLED", me]);
});

test("a run that nobody had started is cancelled by whoever asked for it", async () => {
  const run = await aRun("SCHEDULED");
  expect(await set(run, "CANCELLING", { as: worker })).toBe("REJECT");
  expect(await told(run)).toEqual([
    "CANCELLED",
    { ...me, id: worker.userId, display_value: worker.identity.actor.name },
  ]);
});

test("of runs that are cancelled together each tells by whom", async () => {
  const runs = [await aRun("RUNNING"), await aRun("SCHEDULED")];
  await call("POST", "/flow_runs/bulk_set_state", { flow_runs: { id: { any_: runs } }, state: { type: "CANCELLING" } });
  expect(await Promise.all(runs.map(told))).toEqual([
    ["CANCELLING", me],
    ["CANCELLED", me],
  ]);
});

test("an engine's report that its flow ended as cancelled is nobody's cancelling; the same by force is", async () => {
  const [engines, forced] = [await aRun("RUNNING"), await aRun("RUNNING")];
  expect(await set(engines, "CANCELLED")).toBe("ACCEPT");
  expect(await told(engines)).toEqual(["CANCELLED", null]);
  expect(await set(forced, "CANCELLED", { force: true })).toBe("ACCEPT");
  expect(await told(forced)).toEqual(["CANCELLED", me]);
});

test("what Weir ends, because nobody answered in time, was cancelled by whoever asked first", async () => {
  const run = await aRun("RUNNING");
  await set(run, "CANCELLING");
  const { base } = suite;
  base.setClock((base.services.clock() + 600e6) as ReturnType<typeof base.services.clock>);
  await endCancelling(base.services);
  base.setClock(undefined);
  expect(await told(run)).toEqual(["CANCELLED", me]);
});

test("a run that is started again was cancelled by nobody, and who cancels it next is told", async () => {
  const run = await aRun("RUNNING");
  await set(run, "CANCELLING", { as: worker });
  await set(run, "CANCELLED", { force: true, as: worker });
  await set(run, "SCHEDULED", { force: true });
  expect(await told(run)).toEqual(["SCHEDULED", null]);
  await set(run, "CANCELLED");
  expect(await told(run)).toEqual(["CANCELLED", me]);
});

test("a refused cancel changes nothing", async () => {
  const run = await aRun("COMPLETED");
  expect(await set(run, "CANCELLING")).toBe("ABORT");
  expect(await told(run)).toEqual(["COMPLETED", null]);
});
