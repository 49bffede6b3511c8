import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { apiSuite, startTestApi } from "@weir/testing";
import { expect, test } from "vitest";

const suite = apiSuite();

test("a call that is under way when the process stops is answered, and its kept connection does not keep the process", async () => {
  const { api, ws, base } = suite;
  const second = await startTestApi(base.services);
  const name = randomUUID();
  await api.call(ws, "POST", "/v2/concurrency_limits/", { name, limit: 1 });
  const take = (of: typeof api) =>
    of.call(ws, "POST", "/v2/concurrency_limits/increment-with-lease", {
      ...{ names: [name], slots: 1, mode: "concurrency", lease_duration: 60 },
      holder: { type: "flow_run", id: randomUUID() },
    });
  const { lease_id } = (await take(api)).body as { lease_id: string };
  const held = take(second);
  await expect.poll(() => base.db.query(sql`select id from concurrency_wait`)).toHaveLength(1);
  const stopped = second.close();
  await api.call(ws, "POST", "/v2/concurrency_limits/decrement-with-lease", { lease_id });
  const { status, headers } = await held;
  expect([status, headers.get("connection")]).toEqual([200, "close"]);
  await stopped;
}, 20_000);
