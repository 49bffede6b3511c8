import type { WorkspaceGrant } from "@weir/auth";
import type { Db } from "./client.ts";
import type { Hot } from "./hot/hot.ts";
import { events } from "./stores/events.ts";
import { flowRuns } from "./stores/flow-runs.ts";
import { flows } from "./stores/flows.ts";
import { logs } from "./stores/logs.ts";
import { taskRuns } from "./stores/task-runs.ts";

/** What every store of a workspace closes over. No store method takes a workspace: there is no way to name another one. */
export type Scope = Pick<WorkspaceGrant, "workspaceId" | "retentionDays">;

/** Opens a workspace's rows for whoever holds its grant. */
export function openWorkspace(db: Db, hot: Hot, grant: WorkspaceGrant) {
  const scope: Scope = { workspaceId: grant.workspaceId, retentionDays: grant.retentionDays };
  return {
    flows: flows(db, scope),
    flowRuns: flowRuns(db, hot, scope),
    taskRuns: taskRuns(db, scope),
    logs: logs(db, hot, scope),
    events: events(db, hot, scope),
  };
}

/** The rows of one workspace. */
export type WorkspaceStore = ReturnType<typeof openWorkspace>;
