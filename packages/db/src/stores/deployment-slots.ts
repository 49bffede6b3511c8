import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";
import { tellUpdates } from "../tell-updates.ts";
import { wakeDeployments, wakeFirst } from "./slot-sql.ts";
import { type RunChange, type RunSlotEffect, storeTransition } from "./store-transition.ts";

/** Slots that the runs of limited deployments hold. */
export function deploymentSlots(db: Db, scope: Scope) {
  const ws = scope.workspaceId;
  async function give(
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
      const changed = await db.query<{ id: string }>(sql`
        with l as (
          insert into concurrency_limit as l (workspace_id, id, created, updated, name, slot_limit, decayed_at)
          select d.workspace_id, ${made.id}, ${made.now}, ${made.now}, ${own}, ${to.slots}, clock_timestamp()
            from deployment d where d.workspace_id = ${ws} and d.id = ${deploymentId}
          on conflict (workspace_id, name) do update
             set slot_limit = excluded.slot_limit, updated = excluded.updated, version = l.version + 1
          returning l.*
        ), linked as (
          update deployment d set concurrency_limit_id = l.id from l where d.workspace_id = ${ws} and d.id = ${deploymentId}
        )
        select id from l`);
      await wakeFirst(
        db.query,
        ws,
        changed.map(({ id }) => id),
      );
      return true;
    } else {
      await db.query(sql`
        update deployment set concurrency_limit_id = null where workspace_id = ${ws} and id = ${deploymentId}`);
    }
    await db.query(sql`delete from concurrency_limit where workspace_id = ${ws} and name = ${own}`);
    await wakeDeployments(db.query, ws, [deploymentId]);
    return true;
  }

  return {
    /** Stores a transition with the places that it takes and what it does to a slot; see `storeTransition`. */
    commit: (change: RunChange, effect: RunSlotEffect | undefined): Promise<boolean> =>
      storeTransition(db, scope, change, effect),

    /**
     * Gives a deployment its own limit of so many runs, or another's to share, or none; its own goes when it is no longer
     * needed, another's stays. False: there is no such limit.
     */
    limit(
      deploymentId: string,
      to: { slots: number } | { limitId: string } | null,
      made: { id: string; now: string },
    ): Promise<boolean> {
      // What is made with its limit has nothing to tell of.
      const which = sql`id = ${deploymentId} and created < ${made.now}`;
      return tellUpdates(db.query, { ws, noun: "deployment", which, now: made.now }, () =>
        give(deploymentId, to, made),
      );
    },
  };
}
