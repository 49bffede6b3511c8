import type { Db } from "../client.ts";
import { commitFlowRunSql, type FlowRunCommit } from "../hot/flow-run-commit.ts";
import type { Scope } from "../scope.ts";
import { raw, sql } from "../sql.ts";
import { activeInPool, activeInQueue, activeOfSchedule } from "./active-runs.ts";
import type { Query } from "./schedules.ts";
import { freeSlots, heldFor, taken } from "./slot-sql.ts";

/** A decided transition of a run of the store's workspace, and where it takes a place. */
export type RunChange = Omit<FlowRunCommit, "workspaceId" | "retentionDays"> & { places?: readonly RunPlace[] };

/** What limits how many of its runs are active. */
type RunPlace = { of: "work_pool" | "work_queue" | "schedule"; id: string };

/** What a run's transition does to its slot of a limit; see SlotEffect in packages/core. */
export type RunSlotEffect =
  | { kind: "claim"; leaseId: string; seconds: number; limitId: string }
  | { kind: "renew"; leaseId: string; seconds: number | null }
  | { kind: "release"; leaseId: string }
  | { kind: "wait"; limitId: string };

/** Somebody may be waiting for so long after a run was put off: twice the time it is put off for. */
const WAITED_SECONDS = 60;

/** Takes back all that was written. */
class Lost extends Error {}

/**
 * Stores a transition with the places that it takes, what it does to a slot and whatever else it brings, all or nothing. False:
 * the run had moved on, a place or the slot was taken or lost meanwhile, or the run would wait although one is free.
 */
export async function storeTransition(
  db: Db,
  { workspaceId: ws, retentionDays }: Scope,
  { places = [], ...change }: RunChange,
  effect: RunSlotEffect | undefined,
  also?: (query: Query) => Promise<unknown>,
): Promise<boolean> {
  try {
    await db.transaction(async (query) => {
      for (const place of places) if (!(await hasRoom(query, ws, place))) throw new Lost();
      if (effect && !(await applied(query, ws, change.id, effect))) throw new Lost();
      const moved = await query(commitFlowRunSql({ ...change, workspaceId: ws, retentionDays }));
      if (moved.length === 0) throw new Lost();
      if (effect?.kind === "wait")
        await query(sql`
          update dispatch set slot_since = coalesce(slot_since, clock_timestamp())
           where workspace_id = ${ws} and flow_run_id = ${change.id}`);
      await also?.(query);
    });
    return true;
  } catch (error) {
    if (error instanceof Lost) return false;
    throw error;
  }
}

/**
 * Whether one more run may be active, which nobody else decides meanwhile: its row is locked first (pools before queues
 * before schedules, in whoever's transition) and the runs are counted by a statement that sees what the one before left.
 * Who limits nothing any more, or is gone, has room.
 */
async function hasRoom(query: Query, ws: string, { of, id }: RunPlace): Promise<boolean> {
  const at = limited[of];
  await query(sql`
    select from ${at.table} where workspace_id = ${ws} and id = ${id} and ${at.limit} is not null for no key update`);
  const full = await query(sql`
    select from ${at.table} ${at.as} where ${at.as}.workspace_id = ${ws} and ${at.as}.id = ${id}
       and ${at.active} >= ${at.limit}`);
  return full.length === 0;
}

const limited = {
  work_pool: { table: raw("work_pool"), as: raw("p"), limit: raw("concurrency_limit"), active: activeInPool },
  work_queue: { table: raw("work_queue"), as: raw("q"), limit: raw("concurrency_limit"), active: activeInQueue },
  schedule: {
    table: raw("deployment_schedule"),
    as: raw("s"),
    limit: raw("max_active_runs"),
    active: activeOfSchedule,
  },
} as const;

/** Does to a slot what a run's transition does to it. False: it cannot be done any more. */
async function applied(query: Query, ws: string, runId: string, effect: RunSlotEffect): Promise<boolean> {
  switch (effect.kind) {
    case "claim": {
      const claimed = await query(sql`
        with claimed as (
          update concurrency_limit l
             set active_slots = ${taken} + 1, decayed_at = clock_timestamp(), version = l.version + 1
           where l.workspace_id = ${ws} and l.id = ${effect.limitId} and l.active and ${taken} + 1 <= l.slot_limit + 1e-9
          returning l.id
        )
        insert into concurrency_slot (workspace_id, lease_id, limit_id, slots, holder_type, holder_id, acquired, expires_at)
        select ${ws}::uuid, ${effect.leaseId}::uuid, id, 1, 'flow_run', ${runId}::uuid, clock_timestamp(),
               clock_timestamp() + ${effect.seconds}::float8 * interval '1 second'
          from claimed returning limit_id`);
      return claimed.length > 0;
    }
    case "renew": {
      const renewed = await query(sql`
        update concurrency_slot
           set expires_at = coalesce(clock_timestamp() + ${effect.seconds}::float8 * interval '1 second', 'infinity')
         where workspace_id = ${ws} and lease_id = ${effect.leaseId} and expires_at > clock_timestamp()
        returning limit_id`);
      // Who does not renew it at all is not asked whether it did.
      return renewed.length > 0 || effect.seconds === null;
    }
    case "release":
      await freeSlots(
        query,
        ws,
        sql`delete from concurrency_slot where workspace_id = ${ws} and lease_id = ${effect.leaseId} returning *`,
        heldFor,
      );
      return true;
    case "wait": {
      const full = await query(sql`
        update concurrency_limit l
           set waited_until = greatest(l.waited_until, clock_timestamp() + ${WAITED_SECONDS} * interval '1 second'),
               version = l.version + 1
         where l.workspace_id = ${ws} and l.id = ${effect.limitId} and ${taken} + 1 > l.slot_limit + 1e-9 returning l.id`);
      return full.length > 0;
    }
  }
}
