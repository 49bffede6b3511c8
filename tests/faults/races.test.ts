import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { ask, Caller, contradictions } from "./harness.ts";

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

test("a proposal that is sent many times under one transition id is one state, forced or not", async () => {
  const flowId = await caller.newFlow();
  const runIds = await Promise.all(Array.from({ length: 30 }, () => caller.newFlowRun(flowId)));
  for (const [type, force] of [
    ["PENDING", false],
    ["RUNNING", false],
    ["CRASHED", true],
  ] as const) {
    await Promise.all(
      runIds.map(async (runId) => {
        const transitionId = randomUUID();
        const propose = () => caller.propose(runId, type, transitionId, force);
        const answers = [...(await Promise.all([propose(), propose(), propose(), propose()])), await propose()];
        // One made the state; the others are shown it, and told that it is made. What is forced nobody refuses.
        const others = Array(4).fill(force ? "ACCEPT" : "REJECT");
        expect(answers.map(({ body }) => body.status).sort()).toEqual(["ACCEPT", ...others]);
        const ids = answers.map(({ body }) => (body.state as { id: string }).id);
        expect(new Set(ids).size).toBe(1);
      }),
    );
  }
  expect(await contradictions(weir, runIds, [])).toEqual([]);
  const rows = await ask<{ run_count: number; version: number }>(
    weir.databaseUrl,
    "select run_count, version from flow_run where workspace_id = $1 and id = any($2::uuid[])",
    [weir.workspaceId, runIds],
  );
  expect(rows.every(({ run_count, version }) => run_count === 1 && version === 4)).toBe(true);
});

test("of workers that race for a run one gets it, the others are told to leave it", async () => {
  const flowId = await caller.newFlow();
  const runIds = await Promise.all(Array.from({ length: 100 }, () => caller.newFlowRun(flowId)));
  await Promise.all(
    runIds.map(async (runId) => {
      const workers = await Promise.all([1, 2, 3].map(() => caller.propose(runId, "PENDING")));
      expect(workers.map(({ body }) => body.status).sort()).toEqual(["ABORT", "ABORT", "ACCEPT"]);
    }),
  );
  expect(await contradictions(weir, runIds, [])).toEqual([]);
});
