import type { Db } from "../client.ts";
import { sql } from "../sql.ts";

/** Where a reader of the outbox stands. */
export type OutboxPosition = { tx: number; id: number };

/** What one statement changed of one noun in one workspace. `keys` is a JSON array. */
export type OutboxRow = OutboxPosition & { workspace_id: string; noun: string; keys: string };

/**
 * The outbox, across workspaces. Rows become readable once every transaction that began before theirs has ended, so that
 * reading in (tx, id) order misses none, whatever order they commit in.
 */
export function outbox(db: Db) {
  return {
    /** Where the outbox ends now: a reader that starts here sees what comes. */
    async end(): Promise<OutboxPosition> {
      const [row] = await db.query<{ tx: number }>(
        sql`select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 as tx`,
      );
      return { tx: row?.tx ?? 0, id: Number.MAX_SAFE_INTEGER };
    },

    /** Rows after a position, in order, at most `limit`. */
    async after({ tx, id }: OutboxPosition, limit: number): Promise<OutboxRow[]> {
      return db.query<OutboxRow>(sql`
        select o.tx, o.id, o.workspace_id, o.noun, o.keys from outbox o
         where (o.tx, o.id) > (${tx}::bigint, ${id}::bigint) and o.tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
         order by o.tx, o.id limit ${limit}`);
    },
  };
}
