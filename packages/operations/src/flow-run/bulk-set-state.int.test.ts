import { aFlow, aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setFlowRunStates } from "./bulk-set-state.ts";

let base: TestDatabase;
let ws: TestWorkspace;
beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
});
afterAll(() => base.drop());

const cancelling = { type: "CANCELLING" };

test("each matching run is judged alone, and its answer told under its id", async () => {
  const flow_id = await aFlow(ws);
  const make = (type: string) => aFlowRun(ws, { flow_id, state: { type } });
  const [running, scheduled, done] = [await make("RUNNING"), await make("SCHEDULED"), await make("COMPLETED")];
  const other = await aFlowRun(ws, { state: { type: "RUNNING" } });
  const flow_runs = { id: { any_: [running, scheduled, done] } };
  const { results } = await setFlowRunStates(ws.ctx(), { flow_runs, state: cancelling });
  const told = new Map(results.map((one) => [one.flow_run_id, one as Record<string, unknown>]));
  expect(told.size).toBe(3);
  expect(told.get(running)).toMatchObject({ status: "ACCEPT", state: { type: "CANCELLING" } });
  expect(told.get(scheduled)).toMatchObject({ status: "REJECT", state: { type: "CANCELLED" } });
  expect(told.get(done)).toMatchObject({ status: "ABORT", state: { type: "COMPLETED" } });
  expect(await ws.ctx().store.flowRuns.get(other)).toMatchObject({ state_type: "RUNNING" });
});

test("forced, even an ended run enters the state", async () => {
  const id = await aFlowRun(ws, { state: { type: "COMPLETED" } });
  const input = { flow_runs: { id: { any_: [id] } }, state: { type: "RUNNING" }, force: true };
  const { results } = await setFlowRunStates(ws.ctx(), input);
  expect(results).toMatchObject([{ flow_run_id: id, status: "ACCEPT", state: { type: "RUNNING" } }]);
});

test("no more than the limit are changed, and none where none matches", async () => {
  const flow_id = await aFlow(ws);
  await Promise.all(Array.from({ length: 4 }, () => aFlowRun(ws, { flow_id, tags: ["bulk"] })));
  const flow_runs = { tags: { all_: ["bulk"] } };
  expect((await setFlowRunStates(ws.ctx(), { flow_runs, state: cancelling, limit: 3 })).results).toHaveLength(3);
  expect((await setFlowRunStates(ws.ctx(), { flow_runs: { id: { any_: [] } }, state: cancelling })).results).toEqual(
    [],
  );
  const tooMany = async () => setFlowRunStates(ws.ctx(), { flow_runs, state: cancelling, limit: 51 });
  await expect(tooMany()).rejects.toMatchObject({ status: 422 });
});
