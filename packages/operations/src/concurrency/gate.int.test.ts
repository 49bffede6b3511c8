import { randomUUID } from "node:crypto";
import { WeirError } from "@weir/contracts";
import { sql } from "@weir/db";
import { aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Services } from "../services.ts";
import {
  createConcurrencyLimit,
  deleteConcurrencyLimit,
  readConcurrencyLimit,
  readSlotHolders,
  updateConcurrencyLimit,
} from "./limits.ts";
import { decrementSlotsWithLease, incrementSlots, incrementSlotsWithLease, renewLease } from "./slots.ts";

let base: TestDatabase;
let ws: TestWorkspace;
let other: Services;

beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  other = base.replica();
});
afterAll(() => base.drop());

const here = () => ws.ctx();
const there = () => ws.ctx(other);
const aLimit = async (given: Record<string, unknown> = {}) => {
  const name = `limit-${randomUUID()}`;
  await createConcurrencyLimit(here(), { name, limit: 1, ...given });
  return name;
};
const take = (ctx: ReturnType<typeof here>, names: string[], given: Record<string, unknown> = {}) =>
  incrementSlotsWithLease(ctx, { names, slots: 1, lease_duration: 60, ...given });
/** As clients do: who is told that no slot is free asks again after the Retry-After, and keeps the place in line. */
async function takeInTurn(ctx: () => ReturnType<typeof here>, names: string[]) {
  const holder = { type: "flow_run", id: randomUUID() };
  for (;;) {
    try {
      return await take(ctx(), names, { holder });
    } catch (error) {
      if (!(error instanceof WeirError && error.code === "locked")) throw error;
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfterSeconds ?? 0) * 1_000));
    }
  }
}
const give = (ctx: ReturnType<typeof here>, lease_id: string) => decrementSlotsWithLease(ctx, { lease_id });
const active = async (name: string) => (await readConcurrencyLimit(here(), { id_or_name: name })).active_slots;
const waiting = async (name: string) => (await readSlotHolders(here(), { id_or_name: name })).waiting.length;
const stored = (name: string) =>
  base.db.query<{ taken: number; leased: number; waits: number }>(sql`
    select l.active_slots as taken,
           (select coalesce(sum(s.slots), 0) from concurrency_slot s where s.limit_id = l.id) as leased,
           (select count(*) from concurrency_wait w where w.limit_id = l.id) as waits
      from concurrency_limit l where l.name = ${name}`);

// These two come first: once replicas were at one limit together, neither keeps any in mind for a second.
test("who gives a slot back and asks anew does not overtake who waits at another replica", async () => {
  const name = await aLimit();
  await give(here(), (await take(here(), [name])).lease_id);
  const { lease_id } = await take(here(), [name]);
  const served: string[] = [];
  const other = take(there(), [name]).then((one) => {
    served.push("there");
    return one.lease_id;
  });
  await expect.poll(() => waiting(name), { interval: 5 }).toBe(1);
  await give(here(), lease_id);
  const again = take(here(), [name]).then((one) => {
    served.push("here");
    return one.lease_id;
  });
  await give(there(), await other);
  await give(here(), await again);
  expect(served).toEqual(["there", "here"]);
});

test("slots that another replica takes, and what it makes of a limit, hold here at once", async () => {
  const name = await aLimit({ limit: 2 });
  // Taken and given back here: this replica has the limit in mind.
  await give(here(), (await take(here(), [name])).lease_id);
  const { lease_id: theirs } = await take(there(), [name], { slots: 2 });
  const mine = take(here(), [name], { slots: 2 });
  await expect.poll(() => waiting(name), { interval: 5 }).toBe(1);
  await give(there(), theirs);
  await give(here(), (await mine).lease_id);
  await updateConcurrencyLimit(there(), { id_or_name: name, changes: { limit: 1 } });
  await expect(take(here(), [name], { slots: 2 })).rejects.toThrow("Slots requested is greater than the limit");
  await deleteConcurrencyLimit(there(), { id_or_name: name });
  await createConcurrencyLimit(there(), { name, limit: 1, active_slots: 1 });
  const last = take(here(), [name]);
  await expect.poll(() => waiting(name), { interval: 5 }).toBe(1);
  await updateConcurrencyLimit(there(), { id_or_name: name, changes: { active_slots: 0 } });
  await give(here(), (await last).lease_id);
  expect(await stored(name)).toEqual([{ taken: 0, leased: 0, waits: 0 }]);
});

const commits = async (name: string, work: () => Promise<unknown>) => {
  const version = async () =>
    (await base.db.query<{ version: number }>(sql`select version from concurrency_limit where name = ${name}`))[0]
      ?.version ?? 0;
  const before = await version();
  await work();
  return (await version()) - before;
};

test("a slot that is given back and one that is taken at the same time are one commit", async () => {
  const name = await aLimit();
  const { lease_id } = await take(here(), [name]);
  const taking = () => Promise.all([take(here(), [name]), give(here(), lease_id)]);
  expect(await commits(name, taking)).toBe(1);
  expect(await stored(name)).toEqual([{ taken: 1, leased: 1, waits: 0 }]);
});

test("a slot that is given back is had by who waits for it in the same commit", async () => {
  const name = await aLimit();
  const { lease_id } = await take(here(), [name]);
  const next = take(here(), [name]);
  await expect.poll(() => waiting(name), { interval: 5 }).toBe(1);
  expect(await commits(name, () => Promise.all([give(here(), lease_id), next]))).toBe(1);
  expect(await stored(name)).toEqual([{ taken: 1, leased: 1, waits: 0 }]);
  await give(here(), (await next).lease_id);
});

test("a name that cannot be stored fails its own caller, and not who is held", async () => {
  const name = await aLimit();
  const { lease_id } = await take(here(), [name]);
  const next = take(here(), [name]);
  await expect.poll(() => waiting(name), { interval: 5 }).toBe(1);
  const [given, bad] = await Promise.allSettled([give(here(), lease_id), take(here(), ["a\u0000b"])]);
  expect([given.status, bad.status]).toEqual(["fulfilled", "rejected"]);
  await give(here(), (await next).lease_id);
});

/**
 * On Prefect's server 3.8.8, as it comes, leases are in one replica's memory: the other answers 410 to their renewal, and
 * 204 to their return without freeing a slot; two minutes after that replica was killed, the slot was still taken.
 */
test("a lease is renewed and given back at any replica", async () => {
  const name = await aLimit();
  const { lease_id } = await take(here(), [name]);
  await renewLease(there(), { id: lease_id, lease_duration: 300 });
  const [slot] = await base.db.query<{ left: number }>(
    sql`select extract(epoch from expires_at - clock_timestamp())::float8 as left from concurrency_slot where lease_id = ${lease_id}`,
  );
  expect(slot?.left).toBeGreaterThan(200);
  await give(there(), lease_id);
  expect(await active(name)).toBe(0);
});

test("two hundred ask two replicas at once for seven slots: never more than seven hold one, and all get their turn", async () => {
  const name = await aLimit({ limit: 7 });
  let held = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const ctx = () => (index % 2 === 0 ? here() : there());
      const { lease_id } = await takeInTurn(ctx, [name]);
      held += 1;
      most = Math.max(most, held);
      await new Promise(setImmediate);
      held -= 1;
      await give(ctx(), lease_id);
    }),
  );
  expect(most).toBe(7);
  expect(await stored(name)).toEqual([{ taken: 0, leased: 0, waits: 0 }]);
});

test("limits asked for in any order, together and alone, never lock each other out", async () => {
  const [a, b, c] = [await aLimit(), await aLimit(), await aLimit()];
  const wanted = [[a, b], [b, a], [b, c], [c, b, a], [a], [c]];
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const ctx = () => (index % 3 === 0 ? here() : there());
      const { lease_id } = await takeInTurn(ctx, wanted[index % wanted.length] ?? []);
      await give(ctx(), lease_id);
    }),
  );
  for (const name of [a, b, c]) expect(await stored(name)).toEqual([{ taken: 0, leased: 0, waits: 0 }]);
});

test("those who wait are served in the order they came, whichever replica they came to", async () => {
  const name = await aLimit();
  let { lease_id } = await take(here(), [name]);
  const served: number[] = [];
  const leases: Promise<string>[] = [];
  for (let index = 0; index < 6; index += 1) {
    const ctx = index % 2 === 0 ? here() : there();
    leases.push(
      take(ctx, [name]).then((one) => {
        served.push(index);
        return one.lease_id;
      }),
    );
    await expect.poll(() => waiting(name), { interval: 5 }).toBe(index + 1);
  }
  for (const next of leases) {
    await give(there(), lease_id);
    lease_id = await next;
  }
  expect(served).toEqual([0, 1, 2, 3, 4, 5]);
});

/**
 * PrefectHQ/prefect#17415, #8566. Prefect's server 3.8.8 frees a lease of 60 s after 64–75 s, whether its holder died or its
 * flow run was cancelled, and frees it once; but it keeps leases in memory: killed, their slots were taken two minutes later.
 */
test("the slot of a holder that died is free when its lease ends, once, and not before", async () => {
  const name = await aLimit({ limit: 2 });
  const [dead, alive] = [await take(here(), [name]), await take(here(), [name])];
  const next = take(here(), [name]);
  await expect.poll(() => waiting(name)).toBe(1);
  expect(await active(name)).toBe(2);
  await base.db.query(
    sql`update concurrency_slot set expires_at = now() - interval '1 second' where lease_id = ${dead.lease_id}`,
  );
  expect(await active(name)).toBe(1);
  await next;
  // The dead one comes back and gives up what it lost: nothing.
  await give(there(), dead.lease_id);
  expect(await stored(name)).toMatchObject([{ taken: 2, leased: 2 }]);
  await give(there(), alive.lease_id);
  expect(await active(name)).toBe(1);
});

test("who comes back finds its place, however many wait before it", async () => {
  const name = await aLimit();
  const { lease_id } = await take(here(), [name]);
  const [holder, place] = [{ type: "flow_run", id: randomUUID() }, randomUUID()];
  // Three hundred are held elsewhere; behind them is who was told to come back.
  await base.db.query(sql`
    with l as (update concurrency_limit set waited_until = now() + interval '1 minute', version = version + 1 where name = ${name} returning *)
    insert into concurrency_wait (workspace_id, limit_id, id, key, slots, since, held_until, alive_until)
    select workspace_id, id, coalesce(w.place, gen_random_uuid()), w.key, 1, now() - interval '1 minute' + w.turn * interval '1 ms',
           now() + w.held * interval '1 minute', now() + interval '1 minute'
      from l, (select null::uuid as place, '' as key, turn, 1 as held from generate_series(1, 300) turn
               union all select ${place}::uuid, ${`flow_run:${holder.id}`}, 301, -1) w`);
  const next = take(here(), [name], { holder });
  const isBack = () =>
    base.db.query(sql`select from concurrency_wait where id = ${place}::uuid and held_until > clock_timestamp()`);
  await expect.poll(async () => (await isBack()).length, { interval: 5 }).toBe(1);
  expect(await stored(name)).toMatchObject([{ waits: 301 }]);
  await base.db.query(sql`delete from concurrency_wait where id <> ${place}::uuid`);
  await give(here(), lease_id);
  await give(here(), (await next).lease_id);
});

test("a process that dies in the middle holds nobody up: its places lapse", async () => {
  const name = await aLimit();
  const { lease_id } = await take(here(), [name]);
  // Somebody waited in a process that is gone.
  await base.db.query(sql`
    with l as (update concurrency_limit set waited_until = now() + interval '1 second', version = version + 1 where name = ${name} returning *)
    insert into concurrency_wait (workspace_id, limit_id, id, key, slots, since, held_until, alive_until)
    select workspace_id, id, ${randomUUID()}::uuid, '', 1, now(), now(), now() + interval '1 second' from l`);
  const next = take(here(), [name], { holder: { type: "flow_run", id: randomUUID() } });
  await expect.poll(() => waiting(name), { interval: 5 }).toBe(2);
  await give(here(), lease_id);
  expect((await next).limits).toHaveLength(1);
});

test("a rate does not lose the fractions of slots that decay between calls", async () => {
  const name = await aLimit({ limit: 1, slot_decay_per_second: 10 });
  const since = performance.now();
  for (let count = 0; count < 6; count += 1)
    await incrementSlots(here(), { names: [name], slots: 1, mode: "rate_limit" });
  const took = performance.now() - since;
  expect(took).toBeGreaterThan(480);
  expect(took).toBeLessThan(1_500);
});
