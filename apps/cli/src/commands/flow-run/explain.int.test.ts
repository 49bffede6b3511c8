import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { aFlow, aWorkspace, startTestApi, type TestApi, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../paths.ts";

let base: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  base = await testDatabase();
  api = await startTestApi(base.services);
});
afterAll(async () => {
  await api.close();
  await base.drop();
});

const weir = (env: Record<string, string>, ...args: string[]) =>
  promisify(execFile)(
    process.execPath,
    [join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "apps/cli/src/main.ts"), ...args],
    {
      env: { PATH: "/usr/bin:/bin", ...env },
    },
  );

test("the command names what a run waits for, and a wrong key is one sentence", async () => {
  const ws = await aWorkspace(base.services);
  const url = `${api.origin}/api/accounts/${ws.accountId}/workspaces/${ws.workspaceId}`;
  const flow_id = await aFlow(ws);
  const { body } = await api.call(ws, "POST", "/flow_runs/", { flow_id, state: { type: "SCHEDULED" } });
  const { id } = body as { id: string };
  const env = { WEIR_API_URL: url, WEIR_API_KEY: ws.apiKey };
  const { stdout } = await weir(env, "flow-run", "explain", id);
  expect(stdout).toContain("It waits because of: nobody_starts_it");
  const { stdout: json } = await weir(env, "flow-run", "explain", id, "--json");
  expect(JSON.parse(json)).toMatchObject({ flow_run_id: id, cause: "nobody_starts_it" });
  await api.call(ws, "POST", "/work_pools/", { name: "still", type: "process", is_paused: true });
  const deployment = { flow_id, name: "d", work_pool_name: "still" };
  const { body: made } = await api.call(ws, "POST", "/deployments/", deployment);
  const path = `/deployments/${(made as { id: string }).id}/create_flow_run`;
  const { body: waits } = await api.call(ws, "POST", path, {});
  const { stdout: paused } = await weir(env, "flow-run", "explain", (waits as { id: string }).id);
  expect(paused).toMatch(/HOLDS {2}work_pool_paused .*paused_at \S+Z, paused_by ada-\w+\n/);
  const refused = weir({ ...env, WEIR_API_KEY: "pnu_wrong" }, "flow-run", "explain", id);
  await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^\nError: .*\n$/) });
});
