import type { AccountGrant } from "@weir/auth";
import type { AccountId, AccountRole, JsonText, UserId, WorkspaceId, WorkspaceRole } from "@weir/contracts";
import { type Db, sqlState } from "./client.ts";
import { anyOf } from "./filters/conditions.ts";
import { maintainPartitions } from "./partitions.ts";
import { all, join, raw, sql } from "./sql.ts";
import { type WorkspaceRow, workspaceColumns } from "./stores/own-workspace.ts";

/** A key's owner, as a request needs it. */
export type KeyOwner = {
  keyId: string;
  expiration: Date | null;
  user: { id: UserId; actorId: string; handle: string; email: string; firstName: string; lastName: string };
};

/** A workspace a user may enter, with the account around it. */
export type ReachableWorkspace = {
  accountId: AccountId;
  accountName: string;
  accountHandle: string;
  accountRole: AccountRole;
  workspaceId: WorkspaceId;
  workspaceName: string;
  workspaceHandle: string;
  workspaceDescription: string;
  workspaceRole: WorkspaceRole | null;
  retentionDays: number;
};

/** Users, keys and what they reach: read before any grant exists, so it is only for `operations/src/identity`. */
export function identities(db: Db) {
  return {
    /** Whose key this is; `undefined` when no key has that hash. */
    async keyOwner(hash: string): Promise<KeyOwner | undefined> {
      const row = await db.prisma.apiKey.findUnique({ where: { hash }, include: { user: true } });
      if (!row) return undefined;
      const { id, actorId, handle, email, firstName, lastName } = row.user;
      return {
        keyId: row.id,
        expiration: row.expiration,
        user: { id: id as UserId, actorId, handle, email, firstName, lastName },
      };
    },

    /** Notes that a key was used, by which client. */
    async touchKey(keyId: string, client: string | undefined, now: Date): Promise<void> {
      await db.prisma.apiKey.updateMany({
        where: { id: keyId },
        data: { lastUsed: now, ...(client === undefined ? {} : { lastClient: client }) },
      });
    },

    /** Every workspace that a user may enter, by account and name. */
    async reachable(userId: string): Promise<ReachableWorkspace[]> {
      const memberships = await db.prisma.membership.findMany({
        where: { userId },
        include: {
          account: {
            include: { workspaces: { include: { access: { where: { userId } } }, orderBy: { name: "asc" } } },
          },
        },
        orderBy: { created: "asc" },
      });
      return memberships.flatMap(({ account, role }) =>
        account.workspaces
          .map((workspace) => ({
            accountId: account.id as AccountId,
            accountName: account.name,
            accountHandle: account.handle,
            accountRole: role as AccountRole,
            workspaceId: workspace.id as WorkspaceId,
            workspaceName: workspace.name,
            workspaceHandle: workspace.handle,
            workspaceDescription: workspace.description,
            workspaceRole: (workspace.access[0]?.role ?? null) as WorkspaceRole | null,
            retentionDays: workspace.retentionDays,
          }))
          .filter((one) => one.accountRole !== "Member" || one.workspaceRole !== null),
      );
    },

    /** A workspace by its ids, for a grant that no person asks for. */
    async workspace(accountId: string, workspaceId: string) {
      const row = await db.prisma.workspace.findFirst({ where: { id: workspaceId, accountId } });
      if (!row) return undefined;
      return {
        workspaceId: row.id as WorkspaceId,
        accountId: row.accountId as AccountId,
        retentionDays: row.retentionDays,
      };
    },

    /** The accounts a user belongs to. */
    async accounts(
      userId: string,
    ): Promise<{ membershipId: string; id: AccountId; name: string; handle: string; role: AccountRole }[]> {
      const rows = await db.prisma.membership.findMany({
        where: { userId },
        include: { account: true },
        orderBy: { created: "asc" },
      });
      return rows.map(({ id, role, account }) => ({
        membershipId: id,
        id: account.id as AccountId,
        name: account.name,
        handle: account.handle,
        role: role as AccountRole,
      }));
    },
  };
}

/** SQLSTATE of a broken unique index. */
const UNIQUE_VIOLATION = "23505";

/** An account's row. */
export type AccountRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  handle: string;
  location: string | null;
  link: string | null;
  billing_email: string | null;
  settings: JsonText;
};

/** What may be set of an account; `undefined` leaves one alone. */
export type AccountPatch = {
  name?: string | undefined;
  handle?: string | undefined;
  location?: string | null | undefined;
  link?: string | null | undefined;
  billing_email?: string | null | undefined;
};

/** A workspace to make. */
export type NewWorkspace = {
  id: string;
  now: string;
  name: string;
  handle: string;
  description: string;
  retentionDays: number;
};

/** Which workspaces a list holds; an absent or null member does not constrain. */
export type WorkspaceQuery = {
  ids?: string[] | null | undefined;
  handles?: string[] | null | undefined;
  limit: number;
  offset: number;
};

/** Opens an account's rows for whoever holds its grant. */
export function openAccount(db: Db, { accountId, role, actor }: AccountGrant) {
  const userId = actor.kind === "user" ? actor.id : null;
  return {
    /** The account itself. */
    async get(): Promise<AccountRow | undefined> {
      const [row] = await db.query<AccountRow>(
        sql`select id, created, updated, name, handle, location, link, billing_email, settings from account where id = ${accountId}`,
      );
      return row;
    },

    /** Sets what is given; `settings` is JSON text that is laid over the stored ones. `taken`: another has the new handle. */
    async patch(patch: AccountPatch, settings: string, now: string): Promise<"done" | "missing" | "taken"> {
      const set = Object.entries(patch)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => sql`${raw(name)} = ${value}`);
      const merged = sql`settings = (settings::jsonb || ${settings}::jsonb)::json`;
      try {
        const rows = await db.query(
          sql`update account set ${join([...set, merged, sql`updated = ${now}`], ", ")} where id = ${accountId} returning id`,
        );
        return rows.length > 0 ? "done" : "missing";
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return "taken";
        throw error;
      }
    },

    /** Makes a workspace, with the partitions that its history needs. `undefined`: the handle is taken. */
    async createWorkspace(made: NewWorkspace): Promise<WorkspaceRow | undefined> {
      const [row] = await db.query<WorkspaceRow & { ready: boolean }>(sql`
        insert into workspace as w (id, created, updated, account_id, name, description, handle, retention_days)
        values (${made.id}, ${made.now}, ${made.now}, ${accountId}, ${made.name}, ${made.description}, ${made.handle}, ${made.retentionDays})
        on conflict (account_id, handle) do nothing
        returning ${workspaceColumns}, to_regclass(${`part.log_r${made.retentionDays}`}) is not null as ready`);
      if (!row) return undefined;
      const { ready, ...workspace } = row;
      if (!ready) await maintainPartitions(db, new Date(made.now), [made.retentionDays]);
      return workspace;
    },

    /** Workspaces of the account that the actor may enter, by name. */
    listWorkspaces({ ids, handles, limit, offset }: WorkspaceQuery): Promise<WorkspaceRow[]> {
      const conditions = [
        sql`w.account_id = ${accountId}`,
        role === "Member"
          ? sql`exists (select from workspace_access a where a.workspace_id = w.id and a.user_id = ${userId})`
          : undefined,
        anyOf(sql`w.id`, ids, "uuid"),
        anyOf(sql`w.handle`, handles, "text"),
      ];
      return db.query<WorkspaceRow>(sql`
        select ${workspaceColumns} from workspace w where ${all(conditions.filter((condition) => condition !== undefined))}
        order by w.name, w.id limit ${limit} offset ${offset}`);
    },
  };
}
