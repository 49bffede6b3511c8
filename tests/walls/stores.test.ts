import { randomUUID } from "node:crypto";
import { sql } from "@weir/db";
import {
  aWorkspace,
  startTestApi,
  type TestApi,
  type TestDatabase,
  type TestWorkspace,
  testDatabase,
} from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anEstate, type Estate } from "./harness/estate.ts";
import { type Method, type Theirs, type Trespass, trespass } from "./harness/trespass.ts";

let database: TestDatabase;
let api: TestApi;
let ada: Theirs;
let spy: TestWorkspace;
/** Everything that is stored for Ada. */
let rows: Record<string, string>;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
  const estate = await anEstate(database.services, api.origin);
  const ws = estate.owner.workspaceId;
  const told = await database.db.query<{ occurred: string; id: string }>(
    sql`select occurred, id from event where workspace_id = ${ws}::uuid`,
  );
  const [pool] = await database.db.query<{ id: string }>(
    sql`select id from work_pool where workspace_id = ${ws}::uuid and name = ${estate.pool}`,
  );
  const claim = randomUUID();
  await database.db.query(sql`
    update deployment_schedule set claim = ${claim}::uuid, claim_until = '2030-01-01' where workspace_id = ${ws}::uuid`);
  const cleanups = { held: randomUUID(), free: randomUUID(), dead: randomUUID() };
  for (const [state, id] of Object.entries(cleanups)) {
    await database.db.query(sql`
      insert into cleanup_message (workspace_id, id, created, work_pool_id, work_queue_id, flow_run_id, kind,
                                   idempotency_key, target, deliveries, free_at, token, outcome)
      select workspace_id, ${id}::uuid, now(), work_pool_id, id, ${estate.flowRun}::uuid, 'cancelling_timeout_teardown.v1',
             ${state}, json_build_object('secret', ${estate.secret}::text),
             case when ${state} = 'free' then 0 else 3 end, case when ${state} <> 'dead' then now() end,
             case when ${state} = 'held' then 'theirs' end, case when ${state} = 'dead' then 'dead_lettered' end
        from work_queue where workspace_id = ${ws}::uuid and id = ${estate.queue}::uuid`);
  }
  await database.db.query(sql`
    update flow_run set auto_scheduled = true, created_by = json_build_object('id', ${estate.schedule}::text, 'type', 'SCHEDULE')
     where workspace_id = ${ws}::uuid and id = ${estate.flowRun}::uuid`);
  const events = told.map((one): [string, string] => [one.occurred, one.id]);
  ada = { ...estate, claim, poolId: pool?.id ?? "", cleanups, events };
  spy = await aWorkspace(database.services);
  rows = await rowsOf(ada);
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

/** Methods that do something in the caller's own workspace, whatever they are given: all that is asked is that nothing else changes. */
const ownBusiness = new Set<Method>([
  "workspace.get",
  "workspace.patch",
  "workspace.remove",
  "flows.upsert",
  "flowRuns.create",
  "taskRuns.create",
  "logs.write",
  "events.record",
  "workPools.create",
  "variables.create",
  "artifacts.create",
  "concurrencyLimits.create",
]);

/** Methods that read, and find nothing of a tenant's own either: nobody waits, is late, has
 * ended a task, holds a slot or has such a key there. */
const emptyAnyway = new Set<Method>([
  "flowRuns.getByKey",
  "flowRuns.lateness",
  "counts.taskRunOutcomes",
  "workQueues.lateRuns",
  "workQueues.slotHolders",
  "workQueues.activeByQueue",
  "dispatch.ofQueue",
  "concurrencyLimits.waiting",
]);
const writes =
  /\.(patch|remove|upsert|commit|commitAnew|create|createWith|mergeLabels|rename|write|record|change|markPolled|plan|heartbeat|reset|leave|renew|release|releaseHolder|limit|give|reclaim|claim|settle|expire|ack|keep|promote)$/;
const reads = Object.entries<Trespass>(trespass).filter(([name]) => !writes.test(name));

test.each(reads.filter(([name]) => !emptyAnyway.has(name as Method)))(
  "%s finds what the tenant owns",
  async (_, call) => {
    const found = await call(ada.owner.ctx().store, ada);
    expect(isNothing(found), JSON.stringify(found)).toBe(false);
  },
);

test.each(Object.entries<Trespass>(trespass))(
  "%s gives another workspace nothing and changes nothing of its",
  async (name, call) => {
    const makes = ownBusiness.has(name as Method);
    // What a spy made of its own would be found by the next method.
    const { ctx } = makes ? await aWorkspace(database.services) : spy;
    const found = await call(ctx().store, ada).catch(refused);
    if (!makes) expect(isNothing(found), JSON.stringify(found)).toBe(true);
    expect(JSON.stringify(found) ?? "").not.toContain(ada.secret);
    expect(await rowsOf(ada)).toEqual(rows);
  },
);

/** A row that would point into another workspace is refused by its foreign key. */
function refused(error: unknown): undefined {
  if ((error as { code?: string }).code === "23503") return undefined;
  throw error;
}

function isNothing(found: unknown): boolean {
  if (found instanceof Map) return found.size === 0;
  if (Array.isArray(found)) return found.every((one) => (one as { count_runs?: number }).count_runs === 0);
  if (typeof found === "object" && found !== null) return (found as { rows?: unknown[] }).rows?.length === 0;
  return found === undefined || found === null || found === false || found === 0 || found === "missing";
}

/** What every table holds of a tenant, and of what no tenant owns. */
async function rowsOf({ owner }: Estate): Promise<Record<string, string>> {
  const tables = await database.db.query<{ name: string; keys: string[] }>(sql`
    select c.relname as name, array_agg(a.attname::text) as keys from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attname in ('workspace_id', 'account_id', 'user_id') group by 1 order by 1`);
  const ids: Record<string, string> = {
    workspace_id: owner.workspaceId,
    account_id: owner.accountId,
    user_id: owner.userId,
  };
  const selects = tables.map(({ name, keys }) => {
    const key = keys.includes("workspace_id") ? "workspace_id" : (keys[0] ?? "");
    return `select '${name}' as name, count(*)::text || ' rows, ' || coalesce(md5(string_agg(h, '' order by h)), '') as told
      from (select md5(to_jsonb(t)::text) as h from "${name}" t where ${key} = '${ids[key]}') as hashed`;
  });
  const found = await database.db.prisma.$queryRawUnsafe<{ name: string; told: string }[]>(selects.join(" union all "));
  return Object.fromEntries(found.map(({ name, told }) => [name, told]));
}
