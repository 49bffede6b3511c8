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
export function openWorkspace(db: Db, hot: Hot, grant: WorkspaceGrant): WorkspaceStore {
  const by = creatorOf(grant.actor);
  return new WorkspaceStore(db, hot, {
    workspaceId: grant.workspaceId,
    retentionDays: grant.retentionDays,
    get by() {
      return by && toWire(by);
    },
  });
}

/**
 * The rows of one workspace. A call asks two or three nouns: the others' methods are not made. Every call makes one of these: a
 * literal with as many getters takes many times as long as a class.
 */
class WorkspaceStore {
  constructor(
    private readonly db: Db,
    private readonly hot: Hot,
    private readonly scope: Scope,
  ) {}

  get workspace() {
    return ownWorkspace(this.db, this.scope);
  }

  get flows() {
    return flows(this.db, this.hot, this.scope);
  }

  get flowRuns() {
    return flowRuns(this.db, this.hot, this.scope);
  }

  get flowRunInputs() {
    return flowRunInputs(this.db, this.scope);
  }

  get taskRuns() {
    return taskRuns(this.db, this.scope);
  }

  get queuedTasks() {
    return queuedTasks(this.db, this.scope);
  }

  get logs() {
    return logs(this.db, this.hot, this.scope);
  }

  get events() {
    return events(this.db, this.hot, this.scope);
  }

  get deployments() {
    return deployments(this.db, this.hot, this.scope);
  }

  get deploymentVersions() {
    return deploymentVersions(this.db, this.scope);
  }

  get runGraphs() {
    return runGraphs(this.db, this.scope);
  }

  get counts() {
    return counts(this.db, this.scope);
  }

  get schedules() {
    return schedules(this.db, this.scope);
  }

  get workPools() {
    return workPools(this.db, this.scope);
  }

  get workQueues() {
    return workQueues(this.db, this.scope);
  }

  get witnesses() {
    return witnesses(this.db, this.scope);
  }

  get workers() {
    return workers(this.db, this.hot, this.scope);
  }

  get cleanups() {
    return cleanups(this.db, this.scope);
  }

  get dispatch() {
    return dispatch(this.db, this.scope);
  }

  get waiting() {
    return waiting(this.db, this.scope);
  }

  get variables() {
    return variables(this.db, this.scope);
  }

  get artifacts() {
    return artifacts(this.db, this.scope);
  }

  get concurrencyLimits() {
    return concurrencyLimits(this.db, this.scope);
  }

  get slots() {
    return slots(this.db, this.scope);
  }

  get deploymentSlots() {
    return deploymentSlots(this.db, this.scope);
  }

  get tagSlots() {
    return tagSlots(this.db, this.scope);
  }
}

export type { WorkspaceStore };
