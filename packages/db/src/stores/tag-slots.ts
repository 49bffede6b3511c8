import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { sql } from "../sql.ts";
import { type Freed, freeSlots, heldFor } from "./slot-sql.ts";
import { commitTaskRunSql, type TaskRunWrite } from "./task-run-write.ts";

/** Takes back all that was written. */
class Lost extends Error {}

/** Slots of limits on tags that task runs hold whose states come through REST. */
export function tagSlots(db: Db, scope: Scope) {
  const { workspaceId: ws } = scope;
  return {
    /**
     * Stores a transition with what it does to the run's slots, both or neither: it keeps those of `tags` until they are
     * given back, or gives back all. Gives the limits that have slots again; `undefined`: the run had moved on, or lost one
     * of its slots.
     */
    async commit(
      version: number,
      change: TaskRunWrite,
      effect: { kind: "keep"; tags: readonly string[] } | { kind: "release" },
    ): Promise<Freed[] | undefined> {
      try {
        return await db.transaction(async (query) => {
          let freed: Freed[] = [];
          if (effect.kind === "release") {
            freed = await freeSlots(
              query,
              ws,
              sql`delete from concurrency_slot s using concurrency_limit l
                   where s.workspace_id = ${ws} and s.holder_id = ${change.id} and l.workspace_id = s.workspace_id
                     and l.id = s.limit_id and l.name like 'tag:%' returning s.*`,
              heldFor,
            );
          } else {
            const names = [...new Set(effect.tags)].map((tag) => `tag:${tag}`);
            const kept = await query<{ limit_id: string }>(sql`
              update concurrency_slot s set expires_at = 'infinity' from concurrency_limit l
               where s.workspace_id = ${ws} and s.holder_id = ${change.id} and l.workspace_id = s.workspace_id
                 and l.id = s.limit_id and l.name = any(${names}::text[]) and s.expires_at > clock_timestamp()
              returning s.limit_id`);
            if (new Set(kept.map((one) => one.limit_id)).size < names.length) throw new Lost();
          }
          if ((await query(commitTaskRunSql(scope, version, change))).length === 0) throw new Lost();
          return freed;
        });
      } catch (error) {
        if (error instanceof Lost) return undefined;
        throw error;
      }
    },
  };
}
