import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type BadNetwork, badNetwork, type Fate, losingFirst } from "./bad-network.ts";
import { ask, Caller, contradictions } from "./harness.ts";
import { type Ran, runStock } from "./stock-flow.ts";

const FLOW = `
import sys
from prefect import flow, task
from prefect.concurrency.sync import concurrency

@task
def double(n):
    return 2 * n

@flow(name=sys.argv[1] + "-child")
def child(n):
    return double(n)

@flow(name=sys.argv[1], log_prints=True)
def parent():
    print("said once")
    with concurrency(sys.argv[1], occupy=1):
        return child(double(1))

assert parent() == 4
print("FLOW FINISHED")
`;

let weir: TestWeir;
let dir: string;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  dir = mkdtempSync(join(tmpdir(), "weir-bad-network-"));
  writeFileSync(join(dir, "flow.py"), FLOW);
});
afterAll(async () => {
  await weir.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the flow with the released client, in either of its modes, through `network`. */
function runFlow(network: BadNetwork, mode: string, name: string): Promise<Ran> {
  const { origin } = new URL(weir.apiUrl);
  const through = (url: string) => url.replace(origin, network.origin);
  const home = join(dir, name);
  mkdirSync(home);
  return runStock(join(dir, "flow.py"), [name], {
    PREFECT_HOME: home,
    PREFECT_API_URL: through(new Caller(weir).url),
    PREFECT_API_KEY: weir.apiKey,
    ...(mode === "cloud" ? { PREFECT_CLOUD_API_URL: through(weir.apiUrl) } : {}),
    PREFECT_LOGGING_TO_API_BATCH_INTERVAL: "0.2",
  });
}

/** Refuses everything for some time from the first state on. */
function refusing(forMs: number, refusal: Fate): (shape: string) => Fate {
  let until: number | undefined;
  return (shape) => {
    if (until === undefined && shape.includes("set_state")) until = Date.now() + forMs;
    return until !== undefined && Date.now() < until ? refusal : "pass";
  };
}

/** Of these nothing tells one that is sent again from another one: a run without an idempotency key, and a slot. */
const UNTOLD = /^POST (\/flow_runs\/|\S+\/increment-with-lease)$/;

describe.concurrent.each(["cloud", "server"])(
  "a stock client in %s mode ends right, and nothing is there twice",
  (mode) => {
    test.each([
      [
        "answers are lost after they were served",
        "lost",
        () => losingFirst((shape) => UNTOLD.test(shape) || shape.startsWith("SOCKET")),
      ],
      ["429 with Retry-After meets it for 5 s", "storm", () => refusing(5_000, { status: 429, retryAfter: 2 })],
      ["503 meets it for 20 s", "down", () => refusing(20_000, { status: 503 })],
    ])("when %s", async (_, kind, fates) => {
      const name = `${mode}-${kind}`;
      await new Caller(weir).call("POST", "/v2/concurrency_limits/", { name, limit: 1 });
      const network = await badNetwork(new URL(weir.apiUrl).origin, fates());
      try {
        const { code, output } = await runFlow(network, mode, name);
        expect(output).toContain("FLOW FINISHED");
        expect(code).toBe(0);
        expect(network.seen.filter(({ fate }) => fate !== "pass").length).toBeGreaterThanOrEqual(3);
      } finally {
        await network.close();
      }
      const runs = await ask<{ id: string; name: string; state_type: string; run_count: number }>(
        weir.databaseUrl,
        `select r.id, f.name, r.state_type, r.run_count from flow_run r join flow f on f.id = r.flow_id
        where r.workspace_id = $1 and f.name like $2 order by f.name`,
        [weir.workspaceId, `${name}%`],
      );
      expect(runs.map(({ id: _id, ...run }) => run)).toEqual(
        [name, `${name}-child`].map((flow) => ({ name: flow, state_type: "COMPLETED", run_count: 1 })),
      );
      const ids = runs.map(({ id }) => id);
      expect(await contradictions(weir, ids, [])).toEqual([]);
      const [said] = await ask<{ count: number }>(
        weir.databaseUrl,
        "select count(*)::int as count from log where workspace_id = $1 and flow_run_id = any($2::uuid[]) and message = 'said once'",
        [weir.workspaceId, ids],
      );
      expect(said?.count).toBe(1);
    });
  },
);
