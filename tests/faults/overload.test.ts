import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Caller } from "./harness.ts";
import { type Ran, runStock } from "./stock-flow.ts";

const FLOW = `
from prefect import flow, task

@task
def double(n):
    return 2 * n

@flow(log_prints=True)
def under_load():
    print("at work")
    return sum(future.result() for future in [double.submit(n) for n in range(5)])

assert under_load() == 20
print("FLOW FINISHED")
`;

let weir: TestWeir;
let dir: string;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  dir = mkdtempSync(join(tmpdir(), "weir-overload-"));
});
afterAll(async () => {
  await weir.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the flow with the released client. */
function runFlow(url: string): Promise<Ran> {
  const path = join(dir, "flow.py");
  writeFileSync(path, FLOW);
  return runStock(path, [], { PREFECT_HOME: dir, PREFECT_API_URL: url, PREFECT_API_KEY: weir.apiKey });
}

test("with 200 clients at it every call is answered in time, and a stock flow finishes", async () => {
  const caller = new Caller(weir);
  const flowId = await caller.newFlow();
  let over = false;
  const seen = { vital: 0, lists: 0, refused: 0, slowest: 0 };
  const wrong: unknown[] = [];
  const note = async (kind: "vital" | "lists", call: () => ReturnType<Caller["once"]>) => {
    const began = performance.now();
    const answer = await call();
    seen.slowest = Math.max(seen.slowest, performance.now() - began);
    seen[kind] += 1;
    if (answer.status < 300) return;
    if (answer.status !== 503 && answer.status !== 429) wrong.push(answer);
    if (!(answer.retryAfter >= 1)) wrong.push(answer);
    seen.refused += 1;
    await new Promise((resolve) => setTimeout(resolve, answer.retryAfter * 1_000));
  };
  const worker = async () => {
    const runId = await caller.newFlowRun(flowId);
    while (!over) {
      for (const type of ["PENDING", "RUNNING", "SCHEDULED"]) {
        await note("vital", () =>
          caller.once("POST", `/flow_runs/${runId}/set_state`, { state: { type }, force: true }),
        );
      }
    }
  };
  const reader = async () => {
    while (!over) await note("lists", () => caller.once("POST", "/flow_runs/filter", { sort: "START_TIME_DESC" }));
  };
  const clients = Array.from({ length: 100 }, () => [worker(), reader()]).flat();
  const busy = Promise.all(clients);
  const { code, output } = await Promise.race([
    runFlow(caller.url),
    busy.then(() => ({ code: null, output: "the clients ended first" })),
  ]);
  over = true;
  await busy;
  expect(output).toContain("FLOW FINISHED");
  expect(code).toBe(0);
  expect(wrong).toEqual([]);
  expect(seen.vital).toBeGreaterThan(100);
  expect(seen.lists).toBeGreaterThan(0);
  expect(seen.slowest).toBeLessThan(60_000);
});
