import type { AccountId, AccountRole, UserId, WorkspaceId, WorkspaceRole } from "@weir/contracts";
import type { Db } from "./client.ts";

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
