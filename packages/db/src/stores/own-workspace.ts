import { type Db, sqlState } from "../client.ts";
import type { Scope } from "../scope.ts";
import { join, raw, sql } from "../sql.ts";

/** A workspace's row. */
export type WorkspaceRow = {
  id: string;
  created: string;
  updated: string;
  account_id: string;
  name: string;
  description: string;
  handle: string;
};

/** What may be set of a workspace. */
export type WorkspacePatch = { name?: string; handle?: string; description?: string };

/** Columns of a workspace in the order of the wire. */
export const workspaceColumns = raw("w.id, w.created, w.updated, w.account_id, w.name, w.description, w.handle");

/** SQLSTATE of a broken unique index. */
const UNIQUE_VIOLATION = "23505";

/** Tenant tables that nothing cascades to: their rows outlive what they point to. */
const FREE_TABLES = [
  "dispatch",
  "flow_run",
  "flow_run_state",
  "task_run",
  "task_run_state",
  "log",
  "event",
  "event_resource",
  "artifact",
  "artifact_collection",
  "concurrency_slot",
  "outbox",
];

/** The workspace itself, to whoever holds its grant. */
export function ownWorkspace(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Its row; `undefined` when it was deleted meanwhile. */
    async get(): Promise<WorkspaceRow | undefined> {
      const [row] = await db.query<WorkspaceRow>(sql`select ${workspaceColumns} from workspace w where w.id = ${ws}`);
      return row;
    },

    /** Sets what is given. `taken`: another workspace of the account has the new handle. */
    async patch(patch: WorkspacePatch, now: string): Promise<"done" | "missing" | "taken"> {
      const set = Object.entries(patch).map(([name, value]) => sql`${raw(name)} = ${value}`);
      try {
        const rows = await db.query(
          sql`update workspace set ${join([...set, sql`updated = ${now}`], ", ")} where id = ${ws} returning id`,
        );
        return rows.length > 0 ? "done" : "missing";
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return "taken";
        throw error;
      }
    },

    /** Deletes it with every row in it, all or nothing. False when it was deleted meanwhile. */
    async remove(): Promise<boolean> {
      return db.transaction(async (query) => {
        // A workspace may hold millions of rows: this one statement may take its time.
        await query(sql`set local statement_timeout = '15min'`);
        const rows = await query(sql`delete from workspace where id = ${ws} returning id`);
        for (const table of FREE_TABLES) await query(sql`delete from ${raw(table)} where workspace_id = ${ws}`);
        return rows.length > 0;
      });
    },
  };
}
