/** What may be done in a workspace: the public scopes, exact strings. */
export const workspaceScopes = [
  "see_flows",
  "run_flows",
  "manage_flows",
  "run_tasks",
  "see_deployments",
  "run_deployments",
  "write_deployments",
  "manage_deployments",
  "see_work_pools",
  "write_work_pools",
  "manage_work_pools",
  "see_work_queues",
  "write_work_queues",
  "manage_work_queues",
  "see_workers",
  "write_workers",
  "manage_workers",
  "see_blocks",
  "see_events",
  "manage_events",
  "see_concurrency_limits",
  "manage_concurrency_limits",
  "see_artifacts",
  "write_artifacts",
  "manage_artifacts",
  "see_variables",
  "write_variables",
  "manage_variables",
  "see_automations",
  "manage_automations",
  "see_workspace_settings",
  "write_workspace_settings",
  "manage_workspace_settings",
] as const;

export type WorkspaceScope = (typeof workspaceScopes)[number];

/** What may be done in an account. */
export const accountPermissions = [
  "read:account",
  "update:account",
  "create:workspace",
  "read:workspace",
  "update:workspace",
  "delete:workspace",
] as const;

export type AccountPermission = (typeof accountPermissions)[number];

/** Built-in workspace roles. */
export const workspaceRoles = ["Owner", "Developer", "Runner", "Viewer", "Worker"] as const;

export type WorkspaceRole = (typeof workspaceRoles)[number];

/** Built-in account roles. */
export const accountRoles = ["Owner", "Admin", "Member"] as const;

export type AccountRole = (typeof accountRoles)[number];
