import { creatorOf, type WorkspaceGrant } from "@weir/auth";
import { toWire } from "@weir/contracts";
import type { Db } from "./client.ts";
import type { Hot } from "./hot/hot.ts";
import type { Scope } from "./scope.ts";
import { artifacts } from "./stores/artifacts.ts";
import { cleanups } from "./stores/cleanups.ts";
import { concurrencyLimits } from "./stores/concurrency-limits.ts";
import { counts } from "./stores/counts.ts";
import { deploymentSlots } from "./stores/deployment-slots.ts";
import { deploymentVersions } from "./stores/deployment-versions.ts";
import { deployments } from "./stores/deployments.ts";
import { dispatch } from "./stores/dispatch.ts";
import { events } from "./stores/events.ts";
import { flowRunInputs } from "./stores/flow-run-inputs.ts";
import { flowRuns } from "./stores/flow-runs.ts";
import { flows } from "./stores/flows.ts";
import { logs } from "./stores/logs.ts";
import { ownWorkspace } from "./stores/own-workspace.ts";
import { queuedTasks } from "./stores/queued-tasks.ts";
import { runGraphs } from "./stores/run-graphs.ts";
import { schedules } from "./stores/schedules.ts";
import { slots } from "./stores/slots.ts";
import { tagSlots } from "./stores/tag-slots.ts";
import { taskRuns } from "./stores/task-runs.ts";
import { variables } from "./stores/variables.ts";
import { waiting } from "./stores/waiting.ts";
import { witnesses } from "./stores/witnesses.ts";
import { workPools } from "./stores/work-pools.ts";
import { workQueues } from "./stores/work-queues.ts";
import { workers } from "./stores/workers.ts";

/** Opens a workspace's rows for whoever holds its grant. */
export function openWorkspace(db: Db, hot: Hot, grant: WorkspaceGrant) {
  const by = creatorOf(grant.actor);
  const scope: Scope = {
    workspaceId: grant.workspaceId,
    retentionDays: grant.retentionDays,
    by: by && toWire(by),
  };
  return {
    workspace: ownWorkspace(db, scope),
    flows: flows(db, hot, scope),
    flowRuns: flowRuns(db, hot, scope),
    flowRunInputs: flowRunInputs(db, scope),
    taskRuns: taskRuns(db, scope),
    queuedTasks: queuedTasks(db, scope),
    logs: logs(db, hot, scope),
    events: events(db, hot, scope),
    deployments: deployments(db, hot, scope),
    deploymentVersions: deploymentVersions(db, scope),
    runGraphs: runGraphs(db, scope),
    counts: counts(db, scope),
    schedules: schedules(db, scope),
    workPools: workPools(db, scope),
    workQueues: workQueues(db, scope),
    witnesses: witnesses(db, scope),
    workers: workers(db, hot, scope),
    cleanups: cleanups(db, scope),
    dispatch: dispatch(db, hot, scope),
    waiting: waiting(db, scope),
    variables: variables(db, scope),
    artifacts: artifacts(db, scope),
    concurrencyLimits: concurrencyLimits(db, scope),
    slots: slots(db, scope),
    deploymentSlots: deploymentSlots(db, scope),
    tagSlots: tagSlots(db, scope),
  };
}

/** The rows of one workspace. */
export type WorkspaceStore = ReturnType<typeof openWorkspace>;
