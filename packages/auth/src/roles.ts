import type { AccountPermission, AccountRole, WorkspaceRole, WorkspaceScope } from "@weir/contracts";
import { accountPermissions, workspaceScopes } from "@weir/contracts";

const see = workspaceScopes.filter((scope) => scope.startsWith("see_") && scope !== "see_workspace_settings");

const runner: WorkspaceScope[] = [...see, "run_deployments"];

const developer: WorkspaceScope[] = [
  ...workspaceScopes.filter((scope) => scope !== "write_workspace_settings" && scope !== "manage_workspace_settings"),
];

const worker: WorkspaceScope[] = [
  "see_flows",
  "run_flows",
  "run_tasks",
  "see_deployments",
  "see_work_pools",
  "write_work_pools",
  "see_work_queues",
  "see_workers",
  "write_workers",
  "see_blocks",
  "see_variables",
  "see_events",
  "manage_events",
  "see_concurrency_limits",
  "manage_concurrency_limits",
  "see_artifacts",
  "write_artifacts",
];

/** What each built-in workspace role may do. */
export const workspaceRoleScopes: Record<WorkspaceRole, ReadonlySet<WorkspaceScope>> = {
  Owner: new Set(workspaceScopes),
  Developer: new Set(developer),
  Runner: new Set(runner),
  Viewer: new Set(see),
  Worker: new Set(worker),
};

/** What each built-in account role may do. */
export const accountRolePermissions: Record<AccountRole, ReadonlySet<AccountPermission>> = {
  Owner: new Set(accountPermissions),
  Admin: new Set(accountPermissions),
  Member: new Set(["read:account", "read:workspace"]),
};
