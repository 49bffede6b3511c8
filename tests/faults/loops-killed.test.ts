import { randomUUID } from "node:crypto";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { ask, Caller, contradictions, kill9, until } from "./harness.ts";

const SCHEDULES = 300;
const INTERVAL_SECONDS = 600;

let weir: TestWeir;
let caller: Caller;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  caller = new Caller(weir);
});
afterAll(() => weir.stop());

type Planned = { runs: number; planned: number; twice: number; short: number };

async function plan(): Promise<Planned> {
  const [row] = await ask<Planned>(
    weir.databaseUrl,
    `with made as (
       select deployment_id, count(*) as runs, count(distinct expected_start_time) as dates,
              extract(epoch from max(expected_start_time) - min(expected_start_time)) as span
         from flow_run where workspace_id = $1 and deployment_id is not null group by deployment_id)
     select coalesce(sum(runs), 0)::int as runs, count(*)::int as planned,
            count(*) filter (where runs <> dates)::int as twice,
            count(*) filter (where runs < 3 or span <> (runs - 1) * ${INTERVAL_SECONDS})::int as short
       from made`,
    [weir.workspaceId],
  );
  return row ?? { runs: 0, planned: 0, twice: 0, short: 0 };
}

test("background loops are killed while they plan: no run is planned twice, none is left out", async () => {
  const flowId = await caller.newFlow();
  await Promise.all(
    Array.from({ length: SCHEDULES }, async (_, n) => {
      const schedule = { interval: INTERVAL_SECONDS, anchor_date: "2026-01-01T00:00:00Z", timezone: "UTC" };
      const { status } = await caller.call("POST", "/deployments/", {
        name: `deployment-${n}-${randomUUID()}`,
        flow_id: flowId,
        schedules: [{ schedule, active: true }],
      });
      expect([200, 201]).toContain(status);
    }),
  );
  const first = [weir.startBackground(), weir.startBackground()];
  await until("planning has begun", async () => (await plan()).runs > 0);
  await Promise.all(first.map(kill9));
  weir.startBackground();
  weir.startBackground();
  // Whoever died over a claim loses it after half a minute.
  await until("every schedule is planned", async () => (await plan()).planned === SCHEDULES, 90_000);
  const { twice, short } = await plan();
  expect({ twice, short }).toEqual({ twice: 0, short: 0 });
  const rows = await ask<{ id: string }>(
    weir.databaseUrl,
    "select id from flow_run where workspace_id = $1 and deployment_id is not null",
    [weir.workspaceId],
  );
  expect(
    await contradictions(
      weir,
      rows.map(({ id }) => id),
      [],
    ),
  ).toEqual([]);
});
