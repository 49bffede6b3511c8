import type { Db } from "../client.ts";
import { commitFlowRunSql, type FlowRunCommit } from "../hot/flow-run-commit.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";
import type { Query } from "./schedules.ts";
import { freeNow, freeSlots, heldFor, taken, tellFreed } from "./slot-sql.ts";

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

/** Slots that the runs of limited deployments hold. */
export function deploymentSlots(db: Db, { workspaceId: ws, retentionDays }: Scope) {
  const apply = async (query: Query, runId: string, effect: RunSlotEffect): Promise<boolean> => {
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
      case "renew":
        // Who does not renew it at all is not asked whether it did.
        return (
          (
            await query(sql`
              update concurrency_slot
                 set expires_at = coalesce(clock_timestamp() + ${effect.seconds}::float8 * interval '1 second', 'infinity')
               where workspace_id = ${ws} and lease_id = ${effect.leaseId} and expires_at > clock_timestamp()
              returning limit_id`)
          ).length > 0 || effect.seconds === null
        );
      case "release":
        await query(
          freeSlots(
            ws,
            sql`
          delete from concurrency_slot where workspace_id = ${ws} and lease_id = ${effect.leaseId} returning *`,
            heldFor,
          ),
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
  };

  return {
    /**
     * Stores a transition with what it does to a slot, both or neither. False: the run had moved on, the slot was taken or
     * lost meanwhile, or the run would wait although one is free.
     */
    async commit(
      change: Omit<FlowRunCommit, "workspaceId" | "retentionDays">,
      effect: RunSlotEffect,
    ): Promise<boolean> {
      try {
        await db.transaction(async (query) => {
          if (!(await apply(query, change.id, effect))) throw new Lost();
          const moved = await query(commitFlowRunSql({ ...change, workspaceId: ws, retentionDays }));
          if (moved.length === 0) throw new Lost();
          if (effect.kind === "wait")
            await query(sql`
              update dispatch set slot_since = coalesce(slot_since, clock_timestamp())
               where workspace_id = ${ws} and flow_run_id = ${change.id}`);
        });
        return true;
      } catch (error) {
        if (error instanceof Lost) return false;
        throw error;
      }
    },

    /**
     * Gives a deployment its own limit of so many runs, or another's to share, or none; its own goes when it is no longer
     * needed, another's stays. False: there is no such limit.
     */
    async limit(
      deploymentId: string,
      to: { slots: number } | { limitId: string } | null,
      made: { id: string; now: string },
    ): Promise<boolean> {
      const own = `deployment:${deploymentId}`;
      if (to && "limitId" in to) {
        const linked = await db.query(sql`
          update deployment d set concurrency_limit_id = l.id, concurrency_limit = null from concurrency_limit l
           where d.workspace_id = ${ws} and d.id = ${deploymentId} and l.workspace_id = ${ws} and l.id = ${to.limitId}
          returning d.id`);
        if (linked.length === 0) return false;
      } else if (to) {
        await db.query(sql`
          with l as (
            insert into concurrency_limit as l (workspace_id, id, created, updated, name, slot_limit, decayed_at)
            select d.workspace_id, ${made.id}, ${made.now}, ${made.now}, ${own}, ${to.slots}, clock_timestamp()
              from deployment d where d.workspace_id = ${ws} and d.id = ${deploymentId}
            on conflict (workspace_id, name) do update
               set slot_limit = excluded.slot_limit, updated = excluded.updated, version = l.version + 1
            returning l.*
          ), changed as (select l.id, l.waited_until, ${freeNow} from l
          ), linked as (
            update deployment d set concurrency_limit_id = l.id from l where d.workspace_id = ${ws} and d.id = ${deploymentId}
          ), ${tellFreed(ws, sql`changed`)}
          select from changed`);
        return true;
      } else {
        await db.query(sql`
          update deployment set concurrency_limit_id = null where workspace_id = ${ws} and id = ${deploymentId}`);
      }
      await db.query(sql`delete from concurrency_limit where workspace_id = ${ws} and name = ${own}`);
      return true;
    },
  };
}
