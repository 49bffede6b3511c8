import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import { apiSuite } from "@weir/testing";
import { expect, test } from "vitest";

const suite = apiSuite();
const { call } = suite;

type Body = Record<string, unknown>;
const v2 = "/v2/concurrency_limits";
const limit = async (given: Body = {}) => {
  const name = `limit-${randomUUID().slice(0, 8)}`;
  return (await call("POST", `${v2}/`, { name, limit: 1, ...given })).body as Body & { id: string; name: string };
};
const lease = (names: string[], given: Body = {}) =>
  call("POST", `${v2}/increment-with-lease`, { names, slots: 1, lease_duration: 60, ...given });
const active = async (name: string) => (await call("GET", `${v2}/${name}`)).body.active_slots;

test("a limit is made once, found by name and id, changed and deleted", async () => {
  const made = await call("POST", `${v2}/`, { name: "database", limit: 3, slot_decay_per_second: 0.5 });
  expect(made).toMatchObject({
    status: 201,
    body: { name: "database", limit: 3, active: true, active_slots: 0, denied_slots: 0, slot_decay_per_second: 0.5 },
  });
  expect((await call("POST", `${v2}/`, { name: "database", limit: 1 })).status).toBe(409);
  const found = await call("GET", `${v2}/database`);
  expect(found).toMatchObject({ status: 200, body: { id: made.body.id, limit: 3, active_slots: 0 } });
  expect(await call("GET", `${v2}/${made.body.id}`)).toEqual(found);
  expect((await call("PATCH", `${v2}/database`, { limit: 5, active: false })).status).toBe(204);
  expect((await call("POST", `${v2}/filter`, { limit: 1, offset: 0 })).body).toMatchObject([
    { name: "database", limit: 5, active: false },
  ]);
  await limit({ name: "other" });
  expect((await call("PATCH", `${v2}/database`, { name: "other" })).status).toBe(409);
  expect((await call("DELETE", `${v2}/${made.body.id}`)).status).toBe(204);
  expect((await call("DELETE", `${v2}/database`)).status).toBe(404);
  expect((await call("PATCH", `${v2}/database`, { limit: 1 })).status).toBe(404);
  expect(await call("GET", `${v2}/database`)).toMatchObject({
    status: 404,
    body: { detail: "Concurrency Limit not found" },
  });
});

test("a lease holds its slots of every limit until it is given back, once", async () => {
  const [one, two] = await Promise.all([limit({ limit: 2 }), limit({ limit: 2 })]);
  const taken = await lease([one.name, two.name, "of-no-limit"]);
  expect(taken.status).toBe(200);
  expect(taken.body.limits).toEqual(
    expect.arrayContaining([
      { id: one.id, name: one.name, limit: 2 },
      { id: two.id, name: two.name, limit: 2 },
    ]),
  );
  expect([await active(one.name), await active(two.name)]).toEqual([1, 1]);
  const { lease_id } = taken.body;
  expect((await call("POST", `${v2}/leases/${lease_id}/renew`, { lease_duration: 60 })).status).toBe(204);
  for (let again = 0; again < 2; again += 1)
    expect((await call("POST", `${v2}/decrement-with-lease`, { lease_id })).status).toBe(204);
  expect([await active(one.name), await active(two.name)]).toEqual([0, 0]);
  expect(await call("POST", `${v2}/leases/${lease_id}/renew`, {})).toMatchObject({
    status: 410,
    body: { detail: "Lease not found - it may have expired or been revoked" },
  });
});

test("slots without a lease are given back by name", async () => {
  const one = await limit({ limit: 3 });
  const told = [{ id: one.id, name: one.name, limit: 3 }];
  expect(await call("POST", `${v2}/increment`, { names: [one.name], slots: 2 })).toEqual({ status: 200, body: told });
  expect(await active(one.name)).toBe(2);
  const given = { names: [one.name], slots: 2, occupancy_seconds: 4 };
  expect(await call("POST", `${v2}/decrement`, given)).toEqual({ status: 200, body: told });
  await call("POST", `${v2}/decrement`, given);
  expect(await active(one.name)).toBe(0);
});

test("what can never be granted is refused at once, with nothing changed", async () => {
  const one = await limit({ limit: 2 });
  expect(await lease([one.name], { slots: 3 })).toMatchObject({
    status: 422,
    body: { detail: "Slots requested is greater than the limit" },
  });
  expect((await call("POST", `${v2}/increment`, { names: [one.name], slots: 1, mode: "rate_limit" })).status).toBe(422);
  for (const wrong of [
    { slots: 0 },
    { slots: 1.5 },
    { names: [] },
    { lease_duration: 59 },
    { lease_duration: 86_401 },
    { holder: { type: "worker", id: randomUUID() } },
    { mode: "other" },
  ])
    expect([wrong, (await lease([one.name], wrong)).status]).toEqual([wrong, 422]);
  expect(await active(one.name)).toBe(0);
});

test("who asks for a full limit is held, and has the slot the moment it is given back", async () => {
  const one = await limit();
  const { body } = await lease([one.name]);
  const waiting = lease([one.name], { holder: { type: "task_run", id: randomUUID() } });
  await until(async () => (await call("GET", `${v2}/${one.name}/holders`)).body.waiting, 1);
  const since = performance.now();
  await call("POST", `${v2}/decrement-with-lease`, { lease_id: body.lease_id });
  expect((await waiting).status).toBe(200);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(await active(one.name)).toBe(1);
});

test("who is held too long is told when to come back, and finds its place kept", async () => {
  const one = await limit();
  const holder = { type: "task_run", id: randomUUID() };
  const { body } = await lease([one.name]);
  const answer = await fetch(`${suite.api.workspaceUrl(suite.ws)}${v2}/increment-with-lease`, {
    method: "POST",
    headers: { authorization: `Bearer ${suite.ws.apiKey}` },
    body: JSON.stringify({ names: [one.name], slots: 1, holder }),
  });
  expect(answer.status).toBe(423);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  const late = lease([one.name], { holder: { type: "task_run", id: randomUUID() } });
  const back = lease([one.name], { holder });
  const present = sql`select id from concurrency_wait where limit_id = ${one.id}::uuid and held_until > clock_timestamp()`;
  await until(() => suite.base.db.query(present), 2);
  await call("POST", `${v2}/decrement-with-lease`, { lease_id: body.lease_id });
  const again = await back;
  expect(again.status).toBe(200);
  await call("POST", `${v2}/decrement-with-lease`, { lease_id: again.body.lease_id });
  expect((await late).status).toBe(200);
});

test("who goes away while it is held leaves the queue", async () => {
  const one = await limit();
  const { body } = await lease([one.name]);
  const leaving = new AbortController();
  const gone = fetch(`${suite.api.workspaceUrl(suite.ws)}${v2}/increment-with-lease`, {
    method: "POST",
    headers: { authorization: `Bearer ${suite.ws.apiKey}` },
    body: JSON.stringify({ names: [one.name], slots: 1 }),
    signal: leaving.signal,
  }).catch(() => "gone");
  const queue = async () => (await call("GET", `${v2}/${one.name}/holders`)).body.waiting;
  await until(queue, 1);
  leaving.abort();
  expect(await gone).toBe("gone");
  await until(queue, 0);
  await call("POST", `${v2}/decrement-with-lease`, { lease_id: body.lease_id });
  expect((await lease([one.name])).status).toBe(200);
});

test("a rate limit lets through what decays, and holds who is early until then", async () => {
  const one = await limit({ limit: 2, slot_decay_per_second: 4 });
  const since = performance.now();
  const ask = () => call("POST", `${v2}/increment`, { names: [one.name], slots: 1, mode: "rate_limit" });
  for (let count = 0; count < 6; count += 1) expect((await ask()).status).toBe(200);
  // Two at once, then four a second.
  expect(performance.now() - since).toBeGreaterThan(950);
  expect(performance.now() - since).toBeLessThan(2_500);
});

test("who waits is let in when the limit is raised, reset or deleted", async () => {
  for (const [method, path, body] of [
    ["PATCH", "", { limit: 2 }],
    ["PATCH", "", { active_slots: 0 }],
    ["PATCH", "", { active: false }],
    ["DELETE", "", undefined],
  ] as const) {
    const one = await limit();
    await lease([one.name]);
    const waiting = lease([one.name]);
    await until(async () => (await call("GET", `${v2}/${one.name}/holders`)).body.waiting, 1);
    expect((await call(method, `${v2}/${one.name}${path}`, body)).status).toBe(204);
    expect((await waiting).status).toBe(200);
  }
});

test("a lease from before a reset frees nothing when it ends", async () => {
  const one = await limit();
  const before = await lease([one.name]);
  await call("PATCH", `${v2}/${one.name}`, { active_slots: 0 });
  expect((await lease([one.name])).status).toBe(200);
  await call("POST", `${v2}/decrement-with-lease`, { lease_id: before.body.lease_id });
  expect(await active(one.name)).toBe(1);
});

test("who holds a slot, since when and until when, and who waits, is told", async () => {
  const one = await limit();
  const [holder, other] = [randomUUID(), randomUUID()];
  const held = await lease([one.name], { holder: { type: "flow_run", id: holder } });
  const waiting = lease([one.name], { holder: { type: "task_run", id: other } });
  await until(async () => (await call("GET", `${v2}/${one.name}/holders`)).body.waiting, 1);
  expect((await call("GET", `${v2}/${one.name}/holders`)).body).toMatchObject({
    name: one.name,
    holders: [{ lease_id: held.body.lease_id, holder_type: "flow_run", holder_id: holder, slots: 1 }],
    waiting: [{ key: `task_run:${other}`, slots: 1 }],
  });
  await call("POST", `${v2}/decrement-with-lease`, { lease_id: held.body.lease_id });
  await waiting;
});

test("a tag's limit is a limit like any other, by its old address", async () => {
  const made = await call("POST", "/concurrency_limits/", { tag: "db", concurrency_limit: 1 });
  expect(made).toMatchObject({ status: 201, body: { tag: "db", concurrency_limit: 1, active_slots: [] } });
  expect(await call("POST", "/concurrency_limits/", { tag: "db", concurrency_limit: 2 })).toMatchObject({
    status: 200,
    body: { id: made.body.id, concurrency_limit: 2 },
  });
  const [task, other] = [randomUUID(), randomUUID()];
  const limits = [{ id: made.body.id, name: "db", limit: 2 }];
  const taken = await call("POST", "/concurrency_limits/increment", { names: ["db"], task_run_id: task });
  expect(taken).toEqual({ status: 200, body: limits });
  await lease(["tag:db"], { holder: { type: "task_run", id: other } });
  for (const path of ["/concurrency_limits/tag/db", `/concurrency_limits/${made.body.id}`])
    expect((await call("GET", path)).body.active_slots).toEqual([task, other]);
  expect(await active("tag:db")).toBe(2);
  await call("POST", "/concurrency_limits/decrement", { names: ["db"], task_run_id: task });
  expect((await call("POST", "/concurrency_limits/filter", {})).body).toMatchObject([
    { tag: "db", active_slots: [other] },
  ]);
  expect((await call("POST", "/concurrency_limits/tag/db/reset", { slot_override: [task] })).status).toBe(200);
  expect((await call("GET", "/concurrency_limits/tag/db")).body.active_slots).toEqual([task]);
  expect(await call("DELETE", "/concurrency_limits/tag/db")).toEqual({ status: 200, body: null });
  expect((await call("DELETE", `/concurrency_limits/${made.body.id}`)).status).toBe(404);
  await call("POST", "/concurrency_limits/", { tag: "shut", concurrency_limit: 0 });
  expect((await call("POST", "/concurrency_limits/increment", { names: ["shut"], task_run_id: task })).status).toBe(
    423,
  );
});

/** Asks again until a list has this length. */
async function until(list: () => Promise<unknown>, length: number): Promise<void> {
  await expect.poll(async () => ((await list()) as unknown[]).length, { interval: 20, timeout: 5_000 }).toBe(length);
}
