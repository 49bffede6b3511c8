import { accountRolePermissions } from "@weir/auth";
import { accountPermissions, Uuid, WeirError, workspaceScopes } from "@weir/contracts";
import { z } from "zod";
import type { Identity } from "./authenticate.ts";
import { definePersonalVerb } from "./personal-verb.ts";

const nothing = z.object({});

/** The caller, on the wire. */
export const readMe = definePersonalVerb({
  name: "me.read",
  input: nothing,
  run({ identity: { user } }): Record<string, unknown> {
    return {
      id: user.id,
      actor_id: user.actorId,
      handle: user.handle,
      first_name: user.firstName,
      last_name: user.lastName,
      email: user.email,
      settings: {},
    };
  },
});

/** The workspaces that the caller may enter. Every member is text: a null description ends a client's login. */
export const readMyWorkspaces = definePersonalVerb({
  name: "me.workspaces",
  input: nothing,
  run({ identity: { workspaces } }): Record<string, string>[] {
    return workspaces.map((one) => ({
      account_id: one.accountId,
      account_name: one.accountName,
      account_handle: one.accountHandle,
      workspace_id: one.workspaceId,
      workspace_name: one.workspaceName,
      workspace_description: one.workspaceDescription,
      workspace_handle: one.workspaceHandle,
    }));
  },
});

/** The accounts that the caller belongs to. */
export const readMyAccounts = definePersonalVerb({
  name: "me.accounts",
  input: nothing,
  run({ identity: { accounts } }): Record<string, unknown>[] {
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
  },
});

/** What the caller may do in an account. */
export const readMyAccountPermissions = definePersonalVerb({
  name: "me.account_permissions",
  input: z.object({ id: Uuid }),
  run: ({ identity }, { id }): string[] => [...permissionsIn(identity, id)],
});

/** Whether the caller may do one thing in an account. */
export const hasMyAccountPermission = definePersonalVerb({
  name: "me.has_account_permission",
  input: z.object({ id: Uuid, permission: z.string() }),
  run: ({ identity }, { id, permission }): boolean => permissionsIn(identity, id).has(permission),
});

/** Every permission that there is in an account. */
export const listAccountPermissions = definePersonalVerb({
  name: "account_permission.list",
  input: nothing,
  run: (): readonly string[] => accountPermissions,
});

/** Every scope that there is in a workspace. */
export const listWorkspaceScopes = definePersonalVerb({
  name: "workspace_scope.list",
  input: nothing,
  run: (): readonly string[] => workspaceScopes,
});

function permissionsIn({ accounts }: Identity, accountId: string): ReadonlySet<string> {
  const found = accounts.find(({ id }) => id === accountId);
  if (!found) throw new WeirError("missing", "Account not found");
  return accountRolePermissions[found.role];
}
