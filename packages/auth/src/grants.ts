import type { AccountId, AccountRole, UserId, WorkspaceId, WorkspaceRole } from "@weir/contracts";

declare const proven: unique symbol;

/** Who acts: a person (by session or key), or Weir itself (a background loop, named). */
export type Actor =
  | { kind: "user"; id: UserId; actorId: string; name: string; apiKeyId: string | null }
  | { kind: "system"; name: string };

/** Who made or changed a thing, as the wire tells it: `null` for Weir's own loops. */
export function creatorOf(actor: Actor): { id: string; type: string; display_value: string } | null {
  return actor.kind === "user" ? { id: actor.id, type: "USER", display_value: actor.name } : null;
}

/** Proof that `actor` may act in a workspace. Made only by this package: no grant, no store. */
export type WorkspaceGrant = {
  readonly workspaceId: WorkspaceId;
  readonly accountId: AccountId;
  readonly role: WorkspaceRole;
  /** The class its history partitions are kept under. */
  readonly retentionDays: number;
  readonly actor: Actor;
  readonly [proven]: true;
};

/** Proof that `actor` may act in an account. */
export type AccountGrant = {
  readonly accountId: AccountId;
  readonly role: AccountRole;
  readonly actor: Actor;
  readonly [proven]: true;
};

/** A user's standing in a workspace's account and, if any, in the workspace: the facts a grant is judged from. */
export type Standing = {
  accountId: AccountId;
  workspaceId: WorkspaceId;
  retentionDays: number;
  accountRole: AccountRole | null;
  workspaceRole: WorkspaceRole | null;
};

/** Grants the workspace to a user who is in its account and has access; account owners and admins own every workspace. */
export function grantWorkspace(actor: Actor, standing: Standing): WorkspaceGrant | undefined {
  const { accountRole, workspaceId, accountId, retentionDays } = standing;
  if (accountRole === null) return undefined;
  const role = accountRole === "Member" ? standing.workspaceRole : "Owner";
  if (role === null) return undefined;
  return { workspaceId, accountId, retentionDays, role, actor } as WorkspaceGrant;
}

/** Grants the account to its member. `role` null: not a member, no grant. */
export function grantAccount(actor: Actor, accountId: AccountId, role: AccountRole | null): AccountGrant | undefined {
  return role === null ? undefined : ({ accountId, role, actor } as AccountGrant);
}

/** A background loop's grant of one workspace it was told to work for. */
export function grantToSystem(
  loop: string,
  workspace: { workspaceId: WorkspaceId; accountId: AccountId; retentionDays: number },
): WorkspaceGrant {
  return { ...workspace, role: "Owner", actor: { kind: "system", name: loop } } as WorkspaceGrant;
}
