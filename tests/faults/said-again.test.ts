import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startTestWeir, type TestWeir } from "@weir/testing";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { badNetwork, losingFirst } from "./bad-network.ts";
import { ask, Caller, contradictions } from "./harness.ts";
import { runStock } from "./stock-flow.ts";

const PROGRAM = fileURLToPath(new URL("said-again.py", import.meta.url));
/** A run without an idempotency key: nothing tells one that is asked for again from another one. */
const UNTOLD = "POST /flow_runs/";

let weir: TestWeir;
let dir: string;

beforeAll(async () => {
  weir = await startTestWeir({ postgresUrl: inject("postgresUrl"), loops: "none" });
  dir = mkdtempSync(join(tmpdir(), "weir-said-again-"));
});
afterAll(async () => {
  await weir.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Rows of this workspace; `$1` is its id, `$2` the `value`. */
function rows<R extends Record<string, unknown>>(text: string, value: unknown): Promise<R[]> {
  return ask<R>(weir.databaseUrl, text, [weir.workspaceId, value]);
}

test.concurrent.each(["cloud", "server"])(
  "a stock client in %s mode whose every first answer is lost says it again: pauses, answers, inputs, runs and events are there once",
  async (mode) => {
    const caller = new Caller(weir);
    const name = `${mode}-says`;
    const { body: flow } = await caller.call("POST", "/flows/", { name: `${name}-target` });
    await caller.call("POST", "/deployments/", { name: "d", flow_id: flow.id });
    const { origin } = new URL(weir.apiUrl);
    const network = await badNetwork(
      origin,
      losingFirst((shape) => shape === UNTOLD || (shape.startsWith("SOCKET") && !shape.endsWith("/events/in"))),
    );
    const through = (url: string) => url.replace(origin, network.origin);
    const home = join(dir, name);
    mkdirSync(home);
    const { code, output } = await runStock(PROGRAM, [name], {
      PREFECT_HOME: home,
      PREFECT_API_URL: through(caller.url),
      PREFECT_API_KEY: weir.apiKey,
      ...(mode === "cloud" ? { PREFECT_CLOUD_API_URL: through(weir.apiUrl) } : {}),
    }).finally(() => network.close());
    expect(code, output).toBe(0);
    const told = JSON.parse(output.trim().split("\n").at(-1) ?? "");
    expect(told).toEqual({ target: expect.any(String), order: 3, heard: [0, 1, 2, 3] });

    const lost = network.seen.filter(({ fate }) => fate === "lose").map(({ shape }) => shape);
    expect(lost).toEqual(
      expect.arrayContaining([
        "POST /flow_runs/:id/set_state PAUSED",
        "POST /flow_runs/:id/input",
        "POST /flow_runs/:id/resume",
        "POST /deployments/:id/create_flow_run",
        "SOCKET /events/in",
      ]),
    );
    const runs = await rows<{ id: string; path: string }>(
      `select r.id, (select string_agg(s.name, ' ' order by s.timestamp) from flow_run_state s
                      where s.workspace_id = r.workspace_id and s.flow_run_id = r.id) as path
         from flow_run r join flow f on f.workspace_id = r.workspace_id and f.id = r.flow_id
        where r.workspace_id = $1 and f.name like $2 order by f.name`,
      `${name}%`,
    );
    expect(runs.map(({ path }) => path)).toEqual(["Pending Running Paused Running Completed", "Scheduled"]);
    const ids = runs.map(({ id }) => id);
    expect(ids[1]).toBe(told.target);
    expect(await contradictions(weir, ids, [])).toEqual([]);
    const inputs = await rows<{ key: string }>(
      "select key from flow_run_input where workspace_id = $1 and flow_run_id = any($2::uuid[])",
      ids,
    );
    expect(inputs).toHaveLength(2 + 4);
    const filter = { event: { name: ["said.once"] }, resource: { id: [`said.${name}`] }, order: "ASC" };
    const { body } = await caller.call("POST", "/events/filter", { filter });
    const events = body.events as { payload: { number: number } }[];
    expect(events.map(({ payload }) => payload.number)).toEqual([0, 1, 2, 3]);
  },
);
