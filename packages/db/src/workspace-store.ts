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

/** Opens a workspace's rows for whoever holds its grant. A call asks two or three nouns: the others' methods are not made. */
export function openWorkspace(db: Db, hot: Hot, grant: WorkspaceGrant) {
  const by = creatorOf(grant.actor);
  const scope: Scope = {
    workspaceId: grant.workspaceId,
    retentionDays: grant.retentionDays,
    get by() {
      return by && toWire(by);
    },
  };
  return {
    get workspace() {
      return ownWorkspace(db, scope);
    },
    get flows() {
      return flows(db, hot, scope);
    },
    get flowRuns() {
      return flowRuns(db, hot, scope);
    },
    get flowRunInputs() {
      return flowRunInputs(db, scope);
    },
    get taskRuns() {
      return taskRuns(db, scope);
    },
    get queuedTasks() {
      return queuedTasks(db, scope);
    },
    get logs() {
      return logs(db, hot, scope);
    },
    get events() {
      return events(db, hot, scope);
    },
    get deployments() {
      return deployments(db, hot, scope);
    },
    get deploymentVersions() {
      return deploymentVersions(db, scope);
    },
    get runGraphs() {
      return runGraphs(db, scope);
    },
    get counts() {
      return counts(db, scope);
    },
    get schedules() {
      return schedules(db, scope);
    },
    get workPools() {
      return workPools(db, scope);
    },
    get workQueues() {
      return workQueues(db, scope);
    },
    get witnesses() {
      return witnesses(db, scope);
    },
    get workers() {
      return workers(db, hot, scope);
    },
    get cleanups() {
      return cleanups(db, scope);
    },
    get dispatch() {
      return dispatch(db, hot, scope);
    },
    get waiting() {
      return waiting(db, scope);
    },
    get variables() {
      return variables(db, scope);
    },
    get artifacts() {
      return artifacts(db, scope);
    },
    get concurrencyLimits() {
      return concurrencyLimits(db, scope);
    },
    get slots() {
      return slots(db, scope);
    },
    get deploymentSlots() {
      return deploymentSlots(db, scope);
    },
    get tagSlots() {
      return tagSlots(db, scope);
    },
  };
}

/** The rows of one workspace. */
export type WorkspaceStore = ReturnType<typeof openWorkspace>;
