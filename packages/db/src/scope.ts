import type { WorkspaceGrant } from "@weir/auth";

/** What every store of a workspace closes over. No store method takes a workspace: there is no way to name another one. */
export type Scope = Pick<WorkspaceGrant, "workspaceId" | "retentionDays"> & {
  /** Who acts, as the wire tells it, as JSON text; null for Weir's own loops. */
  by: string | null;
};
