import type { Identity } from "./authenticate.ts";

/** The caller, on the wire. */
export function wireMe({ user }: Identity): Record<string, unknown> {
  return {
    id: user.id,
    actor_id: user.actorId,
    handle: user.handle,
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    settings: {},
  };
}

/** The workspaces that the caller may enter. Every member is text: a null description ends a client's login. */
export function wireMyWorkspaces({ workspaces }: Identity): Record<string, string>[] {
  return workspaces.map((one) => ({
    account_id: one.accountId,
    account_name: one.accountName,
    account_handle: one.accountHandle,
    workspace_id: one.workspaceId,
    workspace_name: one.workspaceName,
    workspace_description: one.workspaceDescription,
    workspace_handle: one.workspaceHandle,
  }));
}

/** The accounts that the caller belongs to. */
export function wireMyAccounts({ accounts }: Identity): Record<string, unknown>[] {
  return accounts.map((one) => ({
    account_membership_id: one.membershipId,
    account_id: one.id,
    account_name: one.name,
    account_handle: one.handle,
    account_role_name: one.role,
    account_plan_type: "ORGANIZATION",
    account_plan_tier: null,
    account_plan_features: [],
  }));
}
