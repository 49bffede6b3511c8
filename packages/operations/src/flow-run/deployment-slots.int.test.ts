import { addSeconds, formatInstant, toWire } from "@weir/contracts";
import { sql } from "@weir/db";
import { aFlow, aWorkspace, type TestDatabase, type TestWorkspace, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createConcurrencyLimit, deleteConcurrencyLimit, readConcurrencyLimit } from "../concurrency/limits.ts";
import { renewLease } from "../concurrency/slots.ts";
import { type Caller, openCtx } from "../define-verb.ts";
import { readDeployment } from "../deployment/read.ts";
import { createDeploymentRun } from "../deployment/run.ts";
import { createDeployment, deleteDeployment, updateDeployment } from "../deployment/save.ts";
import { reclaimSlots } from "../fleet/reclaim-slots.ts";
import { markLateRuns } from "../fleet/watch-runs.ts";
import { offerFlowRuns } from "../work-pool/poll.ts";
import { createWorkPool } from "../work-pool/verbs.ts";
import { deleteFlowRun } from "./change.ts";
import { setFlowRunState } from "./set-state.ts";

let base: TestDatabase;
let ws: TestWorkspace;
beforeAll(async () => {
  base = await testDatabase();
  ws = await aWorkspace(base.services);
  await createWorkPool(ws.ctx(), { name: "pool", type: "process" });
});
afterAll(() => base.drop());

const of = (version: string | undefined): Caller => ({
  version,
  isGone: () => false,
  onGone: () => () => undefined,
  rest: () => undefined,
  refusals: () => [],
});
const ctx = (version: string | undefined = "3.8.8") => openCtx(base.services, ws.ctx().grant, of(version));
const wire = (body: unknown) => JSON.parse(toWire(body));
const aDeployment = async (given: Record<string, unknown> = {}) => {
  const { body } = await createDeployment(ctx(), {
    ...{ name: `deployment-${Math.random()}`, flow_id: await aFlow(ws), work_pool_name: "pool", concurrency_limit: 1 },
    ...given,
  });
  return String(body.id);
};
const aRun = async (deployment: string, due?: string) => {
  const state = due ? { state: { type: "SCHEDULED", state_details: { scheduled_time: due } } } : {};
  return String((await createDeploymentRun(ctx(), { id: deployment, ...state })).body.id);
};
const propose = async (id: string, type: string, version?: string) => {
  const { body } = await setFlowRunState(ctx(version), { id, state: { type } });
  const { status, details, state } = wire(body);
  return { status, reason: details.reason, name: state?.name, details: state?.state_details } as {
    status: string;
    reason: string | undefined;
    name: string;
    details: { deployment_concurrency_lease_id: string | null; scheduled_time: string | null };
  };
};
const leaseOf = (told: { details: { deployment_concurrency_lease_id: string | null } }) =>
  told.details.deployment_concurrency_lease_id ?? "";
const taken = async (deployment: string) =>
  (await readConcurrencyLimit(ctx(), { id_or_name: `deployment:${deployment}` })).active_slots;
const offered = async (given: Record<string, unknown> = {}) =>
  (await offerFlowRuns(ctx(), { work_pool_name: "pool", ...given })).map(({ flow_run }) => String(flow_run.id));
const expire = (lease: string) =>
  base.db.query(sql`update concurrency_slot set expires_at = now() - interval '1 second' where lease_id = ${lease}`);

test("a run takes its slot when it is claimed, keeps it while it runs and gives it back at its end", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment);
  const pending = await propose(run, "PENDING");
  expect(pending.status).toBe("ACCEPT");
  expect(await taken(deployment)).toBe(1);
  const running = await propose(run, "RUNNING");
  expect(leaseOf(running)).toBe(leaseOf(pending));
  await renewLease(ctx(), { id: leaseOf(running), lease_duration: 300 });
  expect((await propose(run, "COMPLETED")).status).toBe("ACCEPT");
  expect(await taken(deployment)).toBe(0);
  await expect(renewLease(ctx(), { id: leaseOf(running) })).rejects.toMatchObject({ code: "gone" });
});

test("a run without a slot waits, and the one that waits longest is due the moment a slot is free", async () => {
  const deployment = await aDeployment();
  const [first, second, third] = [await aRun(deployment), await aRun(deployment), await aRun(deployment)];
  await propose(first, "PENDING");
  const waits = await propose(second, "PENDING");
  expect(waits).toMatchObject({
    status: "REJECT",
    reason: "Deployment concurrency limit reached.",
    name: "AwaitingConcurrencySlot",
  });
  const inHalfAMinute = Date.parse(waits.details.scheduled_time ?? "") - Date.now();
  expect(inHalfAMinute).toBeGreaterThan(25_000);
  await propose(third, "PENDING");
  expect(await offered({ scheduled_before: formatInstant(base.services.clock()) })).toEqual([]);
  await propose(first, "COMPLETED");
  expect(await offered()).toEqual([second]);
  // Not held back by the time it was put off to.
  expect((await propose(second, "PENDING")).status).toBe("ACCEPT");
  expect((await propose(second, "RUNNING")).status).toBe("ACCEPT");
  await propose(second, "COMPLETED");
  expect(await offered()).toEqual([third]);
  await propose(third, "CANCELLING");
});

/** What is due, and not in half a minute; a process knows the database's clock to a few milliseconds. */
const dueNow = () => offered({ scheduled_before: formatInstant(addSeconds(base.services.clock(), 1)) });

test.each<[string, (deployment: string, holder: string) => Promise<unknown>]>([
  ["a slot is freed", (_, holder) => propose(holder, "COMPLETED")],
  ["its limit is deleted", (id) => deleteConcurrencyLimit(ctx(), { id_or_name: `deployment:${id}` })],
  ["its deployment loses its limit", (id) => updateDeployment(ctx(), { id, concurrency_limit: null })],
])("a run that begins to wait at the moment that %s is due at once", async (_, end) => {
  const deployment = await aDeployment();
  const [first, second] = [await aRun(deployment), await aRun(deployment)];
  await propose(first, "PENDING");
  const held = (count: number) =>
    expect
      .poll(async () => {
        const rows = await base.db.query(
          sql`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length;
      })
      .toBe(count);
  // Both wait for the limit's row: the second to note that it waits, the other to end the wait of all.
  const both = await base.db.transaction(async (query) => {
    await query(sql`select id from concurrency_limit where name = ${`deployment:${deployment}`} for update`);
    const waits = propose(second, "PENDING");
    await held(1);
    const ends = end(deployment, first);
    await held(2);
    return [waits, ends] as const;
  });
  const [waits] = await Promise.all(both);
  expect(waits.name).toBe("AwaitingConcurrencySlot");
  expect(await dueNow()).toEqual([second]);
  await propose(second, "PENDING");
  await propose(second, "COMPLETED");
  await propose(first, "CANCELLED");
});

test("runs that wait are due at once when their deployment goes on with another's limit", async () => {
  const deployment = await aDeployment();
  const [first, second] = [await aRun(deployment), await aRun(deployment)];
  await propose(first, "PENDING");
  await propose(second, "PENDING");
  expect(await dueNow()).toEqual([]);
  const wide = await createConcurrencyLimit(ctx(), { name: "wide", limit: 1 });
  await updateDeployment(ctx(), { id: deployment, global_concurrency_limit_id: wide.id });
  expect(await dueNow()).toEqual([second]);
  await propose(second, "CANCELLED");
  await propose(first, "CANCELLED");
});

test("a run whose deployment loses its limit goes on renewing its lease, and ends it", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment);
  await propose(run, "PENDING");
  const lease = leaseOf(await propose(run, "RUNNING"));
  await updateDeployment(ctx(), { id: deployment, concurrency_limit: null });
  await renewLease(ctx(), { id: lease, lease_duration: 300 });
  expect((await propose(run, "COMPLETED")).status).toBe("ACCEPT");
  await expect(renewLease(ctx(), { id: lease })).rejects.toMatchObject({ code: "gone" });
});

test("a lease of a deleted limit that nobody renews is forgotten when it ends", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment);
  const lease = leaseOf(await propose(run, "PENDING"));
  await deleteConcurrencyLimit(ctx(), { id_or_name: `deployment:${deployment}` });
  await expire(lease);
  await reclaimSlots(base.services);
  expect(await base.db.query(sql`select from concurrency_slot where lease_id = ${lease}`)).toEqual([]);
  await propose(run, "CANCELLED");
});

/**
 * PrefectHQ/prefect#16984. Prefect's server 3.8.8 behaves well here: a run beyond the limit is cancelled when it would be
 * marked late, 16 s after its time.
 */
test("CANCEL_NEW cancels what finds no slot, also when no worker comes to ask", async () => {
  const deployment = await aDeployment({ concurrency_options: { collision_strategy: "CANCEL_NEW" } });
  const [first, second, third] = [await aRun(deployment), await aRun(deployment), await aRun(deployment)];
  await propose(first, "PENDING");
  expect(await propose(second, "PENDING")).toMatchObject({ status: "REJECT", name: "Cancelled" });
  base.setClock((base.services.clock() + 60e6) as ReturnType<typeof base.services.clock>);
  await markLateRuns(base.services);
  base.setClock(undefined);
  expect((await ctx().store.flowRuns.get(third))?.state_name).toBe("Cancelled");
  await propose(first, "FAILED");
});

/** PrefectHQ/prefect#16984. On Prefect's server 3.8.8 the second run was still Late half a minute later. */
test("CANCEL_NEW cancels a run that was late already when the limit filled, though its pool is full", async () => {
  const deployment = await aDeployment({ concurrency_options: { collision_strategy: "CANCEL_NEW" } });
  const [first, second] = [await aRun(deployment), await aRun(deployment)];
  const nameOf = async (id: string) => (await ctx().store.flowRuns.get(id))?.state_name;
  base.setClock((base.services.clock() + 60e6) as ReturnType<typeof base.services.clock>);
  await markLateRuns(base.services);
  expect([await nameOf(first), await nameOf(second)]).toEqual(["Late", "Late"]);
  await propose(first, "PENDING");
  await markLateRuns(base.services);
  base.setClock(undefined);
  expect([await nameOf(first), await nameOf(second)]).toEqual(["Pending", "Cancelled"]);
  await propose(first, "FAILED");
});

test("a limit of none starts nothing", async () => {
  const deployment = await aDeployment();
  await base.db.query(sql`update concurrency_limit set slot_limit = 0 where name = ${`deployment:${deployment}`}`);
  expect(await propose(await aRun(deployment), "PENDING")).toMatchObject({
    status: "ABORT",
    reason: "The deployment concurrency limit is 0. The flow will deadlock if submitted again.",
  });
});

test("fifty claim two slots at once: two have one", async () => {
  const deployment = await aDeployment({ concurrency_limit: 2 });
  const runs = await Promise.all(Array.from({ length: 50 }, () => aRun(deployment)));
  const told = await Promise.all(runs.map((run) => propose(run, "PENDING").catch((error) => ({ status: error.code }))));
  expect(told.filter(({ status }) => status === "ACCEPT")).toHaveLength(2);
  expect(await taken(deployment)).toBe(2);
});

/**
 * PrefectHQ/prefect#17415, #8566. On Prefect's server 3.8.8 the slot is free when the lease has run out, but the run that
 * is reported crashed afterwards frees the slot that another has since: none was counted while that one ran.
 */
test.each([
  ["crashes", (id: string) => propose(id, "CRASHED")],
  ["is cancelled", (id: string) => propose(id, "CANCELLED")],
  ["is deleted", (id: string) => deleteFlowRun(ctx(), { id })],
])("a run that %s after its lease ran out frees no slot that another has since", async (_, end) => {
  const deployment = await aDeployment();
  const [lost, next] = [await aRun(deployment), await aRun(deployment)];
  await expire(leaseOf(await propose(lost, "PENDING")));
  expect((await propose(next, "PENDING")).status).toBe("ACCEPT");
  await end(lost);
  await reclaimSlots(base.services);
  expect(await taken(deployment)).toBe(1);
  await propose(next, "COMPLETED");
  expect(await taken(deployment)).toBe(0);
});

test("a lease that a crashed worker left is taken back once, and its run goes on if there is a slot, else ends", async () => {
  const deployment = await aDeployment();
  const [slow, next] = [await aRun(deployment), await aRun(deployment)];
  await expire(leaseOf(await propose(slow, "PENDING")));
  await reclaimSlots(base.services);
  await reclaimSlots(base.services);
  expect(await taken(deployment)).toBe(0);
  const anew = await propose(slow, "RUNNING");
  expect(anew.status).toBe("ACCEPT");
  expect(await taken(deployment)).toBe(1);
  await propose(slow, "COMPLETED");
  await expire(leaseOf(await propose(next, "PENDING")));
  const other = await aRun(deployment);
  expect((await propose(other, "PENDING")).status).toBe("ACCEPT");
  expect(await propose(next, "RUNNING")).toMatchObject({
    status: "REJECT",
    name: "Cancelled",
    reason: "Deployment concurrency limit reached after lease expiry.",
  });
  expect(await taken(deployment)).toBe(1);
});

test("a client that renews no lease holds its slot until the run ends", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment);
  await propose(run, "PENDING", "3.4.10");
  const running = await propose(run, "RUNNING", "3.4.10");
  const [slot] = await base.db.query<{ held: boolean }>(
    sql`select expires_at = 'infinity' as held from concurrency_slot where lease_id = ${leaseOf(running)}`,
  );
  expect(slot).toEqual({ held: true });
  await propose(run, "CRASHED", "3.4.10");
  expect(await taken(deployment)).toBe(0);
});

test("workers of 3.0.0 take slots of deployments themselves", async () => {
  const deployment = await aDeployment();
  expect(await propose(await aRun(deployment), "PENDING", "3.0.3")).toMatchObject({ status: "ACCEPT" });
  expect(await taken(deployment)).toBe(0);
});

test("a retry in the same process keeps the slot, one in another takes it anew", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment);
  await propose(run, "PENDING");
  await propose(run, "RUNNING");
  await base.db.query(
    sql`update flow_run set empirical_policy = '{"retries":1,"retry_delay":0}' where id = ${run}::uuid`,
  );
  expect((await propose(run, "FAILED")).name).toBe("AwaitingRetry");
  expect(await taken(deployment)).toBe(1);
  await propose(run, "RUNNING");
  expect((await propose(run, "FAILED")).name).toBe("Failed");
  expect(await taken(deployment)).toBe(0);
  await propose(run, "SCHEDULED");
  const again = await propose(run, "PENDING");
  expect(await taken(deployment)).toBe(1);
  await propose(run, "CANCELLED");
  expect(again.status).toBe("ACCEPT");
  expect(await taken(deployment)).toBe(0);
});

/** PrefectHQ/prefect#8566. Prefect's server 3.8.8 frees the slot of a deleted run too. */
test("deleting a run frees its slot, deleting a deployment its limit", async () => {
  const deployment = await aDeployment();
  const run = await aRun(deployment);
  await propose(run, "PENDING");
  await deleteFlowRun(ctx(), { id: run });
  expect(await taken(deployment)).toBe(0);
  await propose(await aRun(deployment), "PENDING");
  await deleteDeployment(ctx(), { id: deployment });
  await expect(taken(deployment)).rejects.toMatchObject({ code: "missing" });
});

test("a shared limit is neither rewritten nor deleted by the deployments that share it", async () => {
  const shared = await createConcurrencyLimit(ctx(), { name: "shared", limit: 1 });
  const [one, two] = [
    await aDeployment({ concurrency_limit: null, global_concurrency_limit_id: shared.id }),
    await aDeployment({ concurrency_limit: null, global_concurrency_limit_id: shared.id }),
  ];
  expect(wire(await readDeployment(ctx(), { id: one }))).toMatchObject({
    global_concurrency_limit: { name: "shared", limit: 1 },
  });
  expect((await propose(await aRun(one), "PENDING")).status).toBe("ACCEPT");
  expect((await propose(await aRun(two), "PENDING")).name).toBe("AwaitingConcurrencySlot");
  await updateDeployment(ctx(), { id: one, concurrency_limit: null });
  expect(wire(await readDeployment(ctx(), { id: one }))).toMatchObject({
    global_concurrency_limit: { name: "shared" },
  });
  await updateDeployment(ctx(), { id: one, concurrency_limit: 4 });
  await deleteDeployment(ctx(), { id: two });
  expect(await readConcurrencyLimit(ctx(), { id_or_name: "shared" })).toMatchObject({ limit: 1, active_slots: 1 });
  const unknown = { id: one, global_concurrency_limit_id: "01a20e0d-48bb-791a-86ba-293913ea8829" };
  await expect(updateDeployment(ctx(), unknown)).rejects.toMatchObject({ message: "Concurrency limit not found" });
});
