import { randomUUID } from "node:crypto";
import { cleanupKinds, type Micros, parseInstant } from "@weir/contracts";
import type { NewSchedule, WorkspaceStore } from "@weir/db";
import type { Estate } from "./estate.ts";

/** A tenant's things, with what only the database knows of them. */
export type Theirs = Estate & {
  events: [occurred: string, id: string][];
  claim: string;
  poolId: string;
  /** A clean-up that a worker has under the token "theirs" and whose lease is over, one that is free, and one that is dead. */
  cleanups: { held: string; free: string; dead: string };
};

const now = "2026-11-24T12:00:00Z";
const [from, to] = ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"];
const start = { offset: 0 };
const soon = { before: to, after: null, limit: 100 };
const events = { occurred: { since: from, until: to }, order: "DESC" as const };

const state = () => ({
  id: randomUUID(),
  type: "COMPLETED",
  name: "Trespassed",
  timestamp: now,
  message: null,
  details: "{}",
  data: null,
});
const times = {
  runCount: 9,
  expectedStartTime: now,
  nextScheduledStartTime: null,
  startTime: null,
  endTime: null,
  totalRunTime: 0,
};
const stateWrite = () => ({
  state: state(),
  dispatch: { dueAt: now, mayBeLate: true, inProcess: false },
  event: { name: "trespass", resourceId: "x", involved: ["x"], body: "{}" },
  parentStateId: randomUUID(),
});
const aSchedule = (): NewSchedule => ({
  id: randomUUID(),
  schedule: '{"interval":60}',
  active: true,
  maxScheduledRuns: null,
  parameters: "{}",
  slug: null,
  catchUp: null,
});
const flowRunOf = (theirs: Theirs) => ({
  ...stateWrite(),
  id: theirs.flowRun,
  now,
  name: "trespass",
  flowId: theirs.flow,
  deploymentId: theirs.deployment,
  deploymentVersion: null,
  deploymentVersionId: null,
  deploymentMark: null,
  workPoolId: theirs.poolId,
  workQueueId: theirs.queue,
  workQueueName: theirs.queueName,
  flowVersion: null,
  parameters: "{}",
  context: "{}",
  policy: "{}",
  jobVariables: "{}",
  labels: "{}",
  tags: [],
  idempotencyKey: "trespass",
  parentTaskRunId: theirs.taskRun,
  parentFlowRunId: theirs.flowRun,
  createdBy: null,
  autoScheduled: true,
  run: times,
});
const inputOf = (flowRunId: string) => ({
  ...{ id: randomUUID(), flowRunId, key: "trespass", value: "trespass", sender: null, now },
});
const taskRunOf = (theirs: Theirs) => ({
  id: theirs.taskRun,
  now,
  isQueued: true,
  cached: { key: "trespass", expiresAt: null },
  event: { name: "trespass", resourceId: "trespass", involved: ["trespass"], body: "{}" },
  state: state(),
  run: { policy: "{}", flowRunRunCount: 9, ...times },
  name: "trespass",
  flowRunId: theirs.flowRun,
  taskKey: "extract",
  dynamicKey: "0",
  cacheKey: null,
  cacheExpiration: null,
  taskVersion: null,
  taskInputs: "{}",
  tags: [],
  labels: "{}",
});

/** The name of a method of a store: `flows.get`. */
export type Method = { [R in keyof WorkspaceStore]: `${R}.${keyof WorkspaceStore[R] & string}` }[keyof WorkspaceStore];
/** Calls one method of the spy's store with what is theirs. */
export type Trespass = (spy: WorkspaceStore, theirs: Theirs) => Promise<unknown>;

/** Every method of a store, called with what another workspace owns. A new method without a line here does not compile. */
export const trespass = {
  "workspace.get": (spy) => spy.workspace.get(),
  "workspace.patch": (spy, theirs) => spy.workspace.patch({ handle: theirs.owner.workspaceHandle }, now),
  "workspace.remove": (spy) => spy.workspace.remove(),

  "flows.upsert": (spy, { flow, flowName }) =>
    spy.flows.upsert({ id: flow, name: flowName, tags: [], labels: "{}", now }),
  "flows.get": (spy, { flow }) => spy.flows.get(flow),
  "flows.getByName": (spy, { flowName }) => spy.flows.getByName(flowName),
  "flows.list": (spy, { flow }) => spy.flows.list({ flows: { id: { any_: [flow] } } }, "NAME_ASC", start, 9),
  "flows.count": (spy, { flow }) => spy.flows.count({ flows: { id: { any_: [flow] } } }),
  "flows.patch": (spy, { flow }) => spy.flows.patch(flow, { tags: ["trespass"], labels: "{}" }, now),
  "flows.remove": (spy, { flow }) => spy.flows.remove(flow),

  "flowRuns.forTransition": (spy, { flowRun }) => spy.flowRuns.forTransition(flowRun),
  "flowRuns.commit": (spy, { flowRun }) =>
    spy.flowRuns.commit({
      ...stateWrite(),
      id: flowRun,
      version: 1,
      run: { policy: null, cancelledBy: null, ...times },
    }),
  "flowRuns.commitAnew": (spy, { flowRun }) =>
    spy.flowRuns.commitAnew(
      { ...stateWrite(), id: flowRun, version: 1, run: { policy: null, cancelledBy: null, ...times } },
      undefined,
    ),
  "flowRuns.create": (spy, theirs) => spy.flowRuns.create(flowRunOf(theirs)),
  "flowRuns.get": (spy, { flowRun }) => spy.flowRuns.get(flowRun),
  "flowRuns.getByKey": (spy, { flow }) => spy.flowRuns.getByKey(flow, "trespass"),
  "flowRuns.times": (spy) => spy.flowRuns.times({}, "ID_DESC", start, 9),
  "flowRuns.list": (spy) => spy.flowRuns.list({}, "ID_DESC", start, 9),
  "flowRuns.count": (spy) => spy.flowRuns.count({}),
  "flowRuns.history": (spy) => spy.flowRuns.history({}, from, to, 1e9, now),
  "flowRuns.lateness": (spy) => spy.flowRuns.lateness({}, now),
  "flowRuns.patch": (spy, { flowRun }) => spy.flowRuns.patch(flowRun, { name: "trespass" }, now),
  "flowRuns.mergeLabels": (spy, { flowRun }) => spy.flowRuns.mergeLabels(flowRun, '{"a":1}', now),
  "flowRuns.remove": (spy, { flowRun }) => spy.flowRuns.remove(flowRun),
  "flowRuns.states": (spy, { flowRun }) => spy.flowRuns.states(flowRun),
  "flowRuns.state": (spy, { flowRunState }) => spy.flowRuns.state(flowRunState, from, to),

  "flowRunInputs.create": (spy, { flowRun }) => spy.flowRunInputs.create(inputOf(flowRun)),
  "flowRunInputs.createWith": (spy, { flowRun }) =>
    spy.flowRunInputs.createWith(inputOf(flowRun), {
      ...stateWrite(),
      ...{ id: flowRun, version: 1, run: { policy: null, cancelledBy: null, ...times } },
    }),
  "flowRunInputs.get": (spy, { flowRun, artifactKey }) => spy.flowRunInputs.get(flowRun, artifactKey),
  "flowRunInputs.list": (spy, { flowRun }) => spy.flowRunInputs.list(flowRun, "", [], 9),
  "flowRunInputs.remove": (spy, { flowRun, artifactKey }) => spy.flowRunInputs.remove(flowRun, artifactKey),

  "taskRuns.get": (spy, { taskRun }) => spy.taskRuns.get(taskRun),
  "taskRuns.getByKey": (spy, { flowRun }) => spy.taskRuns.getByKey(flowRun, "extract", "0"),
  "taskRuns.forTransition": (spy, { taskRun }) => spy.taskRuns.forTransition(taskRun),
  "taskRuns.cachedState": (spy) => spy.taskRuns.cachedState("cached", now),
  "taskRuns.create": (spy, theirs) => spy.taskRuns.create(taskRunOf(theirs)),
  "taskRuns.commit": (spy, theirs) => spy.taskRuns.commit(1, taskRunOf(theirs)),
  "taskRuns.list": (spy) => spy.taskRuns.list({}, "ID_DESC", start, 9),
  "taskRuns.count": (spy) => spy.taskRuns.count({}),
  "taskRuns.history": (spy) => spy.taskRuns.history({}, from, to, 1e9, now),
  "taskRuns.rename": (spy, { taskRun }) => spy.taskRuns.rename(taskRun, "trespass", now),
  "taskRuns.remove": (spy, { taskRun }) => spy.taskRuns.remove(taskRun),
  "taskRuns.states": (spy, { taskRun }) => spy.taskRuns.states(taskRun),
  "taskRuns.state": (spy, { taskRunState }) => spy.taskRuns.state(taskRunState, from, to),

  "runGraphs.span": (spy, { flowRun }) => spy.runGraphs.span(flowRun),
  "runGraphs.runs": (spy, { flowRun }) => spy.runGraphs.runs(flowRun, 9),
  "runGraphs.artifacts": (spy, { flowRun }) => spy.runGraphs.artifacts(flowRun, 9),

  "counts.deploymentsOfFlows": (spy, { flow }) => spy.counts.deploymentsOfFlows([flow]),
  "counts.nextRunsOfFlows": (spy, { flow }) => spy.counts.nextRunsOfFlows([flow]),
  "counts.taskRunsOfFlowRuns": (spy, { flowRun }) => spy.counts.taskRunsOfFlowRuns([flowRun]),
  "counts.flowRunsOfPools": (spy, { poolId }) => spy.counts.flowRunsOfPools([poolId], undefined),
  "counts.taskRunsByState": (spy) => spy.counts.taskRunsByState({}),
  "counts.taskRunOutcomes": (spy) => spy.counts.taskRunOutcomes({}, from, 1e9),
  "witnesses.of": (spy, { flowRun }) => spy.witnesses.of(flowRun),

  "queuedTasks.claim": (spy) => spy.queuedTasks.claim(["background"], "spy", 9),
  "queuedTasks.ack": (spy, { backgroundTask }) => spy.queuedTasks.ack(backgroundTask, "theirs"),
  "queuedTasks.release": (spy, { backgroundTask }) => spy.queuedTasks.release(backgroundTask, "theirs"),
  "queuedTasks.keep": (spy) => spy.queuedTasks.keep("theirs", ["background"], 9),
  "queuedTasks.leave": (spy) => spy.queuedTasks.leave("theirs"),
  "queuedTasks.place": (spy, { backgroundTask }) => spy.queuedTasks.place(backgroundTask),
  "queuedTasks.workers": (spy) => spy.queuedTasks.workers([]),

  "logs.write": (spy, { flowRun }) =>
    spy.logs.write([
      {
        id: randomUUID(),
        timestamp: parseInstant(now) ?? (0 as Micros),
        flowRunId: flowRun,
        taskRunId: null,
        workerId: null,
        level: 20,
        name: "x",
        message: "trespass",
      },
    ]),
  "logs.list": (spy, { flowRun }) =>
    spy.logs.list({ flow_run_id: { any_: [flowRun] }, operator: "and_" }, "TIMESTAMP_ASC", start, 9),
  "logs.countByLevel": (spy, { flowRun }) => spy.logs.countByLevel(flowRun),

  "events.record": (spy, { taskRun, flowRun, events }) =>
    spy.events.record([
      {
        id: events[0]?.[1] ?? randomUUID(),
        occurred: events[0]?.[0] ?? now,
        received: now,
        name: "prefect.task-run.Completed",
        resourceId: `prefect.task-run.${taskRun}`,
        involved: [`prefect.flow-run.${flowRun}`],
        body: "{}",
        taskRun: {
          ...{ id: taskRun, flowRunId: flowRun, name: "trespass", taskKey: "extract", dynamicKey: "0" },
          ...{ cacheKey: null, cacheExpiration: null, taskVersion: null, policy: "{}", taskInputs: "{}", tags: [] },
          ...{ labels: "{}", runCount: 9, flowRunRunCount: 9, expectedStartTime: null, nextScheduledStartTime: null },
          ...{ startTime: null, endTime: null, totalRunTime: 0 },
          state: { type: "COMPLETED", name: "Trespassed", message: null, details: "{}", data: null },
        },
      },
    ]),
  "events.list": (spy) => spy.events.list(events, undefined, 9),
  "events.count": (spy) => spy.events.count(events, 9),
  "events.countBy": (spy) => spy.events.countBy(events, "resource", 9),
  "events.countByTime": (spy) => spy.events.countByTime(events, from, 1e9),
  "events.byKeys": (spy, { events }) => spy.events.byKeys(events),

  "deployments.upsert": (spy, { deployment, flow, deploymentName }) =>
    spy.deployments.upsert({ id: deployment, flowId: flow, name: deploymentName, now }, {}, {}, [aSchedule()]),
  "deployments.get": (spy, { deployment }) => spy.deployments.get(deployment),
  "deployments.forRuns": (spy, { deployment }) => spy.deployments.forRuns(deployment),
  "deployments.recalled": async (spy, { deployment }) => {
    await spy.deployments.forRuns(deployment);
    return spy.deployments.recalled(deployment);
  },
  "deployments.getByName": (spy, { flowName, deploymentName }) => spy.deployments.getByName(flowName, deploymentName),
  "deployments.list": (spy) => spy.deployments.list({}, "NAME_ASC", start, 9),
  "deployments.count": (spy) => spy.deployments.count({}),
  "deployments.change": (spy, { deployment, schedule }) =>
    spy.deployments.change(
      deployment,
      { description: "trespass" },
      { create: [aSchedule()], patch: [{ id: schedule, fields: { active: true } }] },
      now,
      true,
    ),
  "deployments.remove": (spy, { deployment }) => spy.deployments.remove(deployment, now),
  "deployments.markPolled": (spy, { deployment }) => spy.deployments.markPolled([deployment], now),

  "deploymentVersions.get": (spy, { deployment, version }) => spy.deploymentVersions.get(deployment, version),
  "deploymentVersions.list": (spy, { deployment }) => spy.deploymentVersions.list(deployment, start, 9),
  "deploymentVersions.count": (spy, { deployment }) => spy.deploymentVersions.count(deployment),
  "deploymentVersions.promote": (spy, { deployment, version }) =>
    spy.deploymentVersions.promote(deployment, version, now),
  "deploymentVersions.remove": (spy, { deployment, version }) => spy.deploymentVersions.remove(deployment, version),

  "schedules.ofDeployment": (spy, { deployment }) => spy.schedules.ofDeployment(deployment),
  "schedules.claim": (spy, { deployment }) => spy.schedules.claim(deployment, randomUUID(), to),
  "schedules.claimed": (spy, { schedule, claim }) => spy.schedules.claimed([schedule], claim, now),
  "schedules.plan": (spy, { schedule, claim }) =>
    spy.schedules.plan(claim, [{ id: schedule, planAt: null, plannedUntil: now, runs: [] }]),
  "schedules.remove": (spy, { deployment, schedule }) => spy.schedules.remove(deployment, schedule, now),

  "workPools.create": (spy, { poolId, pool, queue }) =>
    spy.workPools.create({
      ...{ id: poolId, queueId: queue, now, name: pool, description: null, type: "process", baseJobTemplate: "{}" },
      ...{ isPaused: false, concurrencyLimit: null, status: null, storageConfiguration: "{}" },
    }),
  "workPools.get": (spy, { poolId }) => spy.workPools.get(poolId),
  "workPools.getByName": (spy, { pool }) => spy.workPools.getByName(pool),
  "workPools.list": (spy) => spy.workPools.list(undefined, "NAME_ASC", start, 9),
  "workPools.count": (spy) => spy.workPools.count(undefined),
  "workPools.patch": (spy, { poolId }) => spy.workPools.patch(poolId, { description: "trespass" }, now),
  "workPools.hasOnlineWorker": (spy, { poolId }) => spy.workPools.hasOnlineWorker(poolId, from),
  "workPools.remove": (spy, { poolId }) => spy.workPools.remove(poolId, now),
  "workPools.place": (spy, { pool, queueName }) => spy.workPools.place(pool, queueName),

  "waiting.place": (spy, { queue }) => spy.waiting.place(queue, now),
  "waiting.stops": (spy, { deployment }) => spy.waiting.stops(deployment),
  "waiting.workers": (spy, { poolId }) => spy.waiting.workers(poolId, now),
  "waiting.activeOfSchedule": (spy, { schedule }) => spy.waiting.activeOfSchedule(schedule),
  "waiting.turn": (spy, { waitingRun }) => spy.waiting.turn(waitingRun),
  "workQueues.create": (spy, { poolId }) => spy.workQueues.create(poolId, { id: randomUUID(), now, name: "trespass" }),
  "workQueues.get": (spy, { queue }) => spy.workQueues.get(queue),
  "workQueues.getByName": (spy, { pool, queueName }) => spy.workQueues.getByName(pool, queueName),
  "workQueues.ofDeployment": (spy, { deployment }) => spy.workQueues.ofDeployment(deployment, 9),
  "workQueues.list": (spy, { poolId }) => spy.workQueues.list(poolId, undefined, start, 9),
  "workQueues.count": (spy, { poolId }) => spy.workQueues.count(poolId, undefined),
  "workQueues.patch": (spy, { queue, poolId }) =>
    spy.workQueues.patch(queue, poolId, { description: "trespass", priority: 1 }, now),
  "workQueues.remove": (spy, { queue }) => spy.workQueues.remove(queue, now),
  "workQueues.lateRuns": (spy, { queue }) => spy.workQueues.lateRuns(queue),
  "workQueues.slotHolders": (spy, { queue }) => spy.workQueues.slotHolders([queue], 9),
  "workQueues.activeByQueue": (spy, { poolId }) => spy.workQueues.activeByQueue(poolId),
  "workQueues.markPolled": (spy, { queue }) => spy.workQueues.markPolled([queue], now),

  "workers.heartbeat": (spy, { pool, worker }) =>
    spy.workers.heartbeat({
      ...{ poolName: pool, id: randomUUID(), name: worker, now, intervalSeconds: 1, offlineAt: now, metadata: null },
      clientVersion: null,
    }),
  "workers.list": (spy, { poolId }) => spy.workers.list(poolId, undefined, "NAME_ASC", now, start, 9),
  "workers.count": (spy, { poolId }) => spy.workers.count(poolId, undefined, now),
  "workers.get": (spy, { poolId, workerId }) => spy.workers.get(poolId, workerId, now),
  "workers.remove": (spy, { poolId, worker }) => spy.workers.remove(poolId, worker),

  "cleanups.commit": (spy, theirs) =>
    spy.cleanups.commit(
      { ...stateWrite(), id: theirs.flowRun, version: 1, run: { ...times, policy: null, cancelledBy: null } },
      undefined,
      {
        ...{ id: theirs.cleanups.free, queueId: theirs.queue, flowRunId: theirs.flowRun },
        ...{ kind: "cancelling_timeout_teardown.v1", idempotencyKey: "trespass", target: "{}" },
      },
    ),
  "cleanups.claim": (spy, { poolId }) =>
    spy.cleanups.claim({ poolId, consumerId: randomUUID(), queueIds: null, kinds: cleanupKinds, most: 9 }, "trespass"),
  "cleanups.settle": (spy, { poolId, cleanups }) =>
    spy.cleanups.settle("ack", { id: cleanups.held, poolId, token: "theirs", reason: null }),
  "cleanups.expire": (spy, { cleanups }) => spy.cleanups.expire(cleanups.held),
  "cleanups.dead": (spy, { cleanups }) => spy.cleanups.dead(cleanups.dead),

  "dispatch.offer": (spy, { pool }) => spy.dispatch.offer(pool, null, soon, now),
  "dispatch.ofQueue": (spy, { queue }) => spy.dispatch.ofQueue(queue, soon),
  "dispatch.ofFilter": (spy, { queue }) => spy.dispatch.ofFilter(queue, { tags: null, deployment_ids: null }, soon),
  "dispatch.ofDeployments": (spy, { deployment }) => spy.dispatch.ofDeployments([deployment], soon),

  "variables.create": (spy, { variable, variableName }) =>
    spy.variables.create({ id: variable, now, name: variableName, value: '"trespass"', tags: [] }),
  "variables.get": (spy, { variable }) => spy.variables.get({ id: variable }),
  "variables.list": (spy) => spy.variables.list(undefined, "NAME_ASC", start, 9),
  "variables.count": (spy) => spy.variables.count(undefined),
  "variables.patch": (spy, { variable }) => spy.variables.patch({ id: variable }, { value: '"trespass"' }, now),
  "variables.remove": (spy, { variableName }) => spy.variables.remove({ name: variableName }),

  "artifacts.create": (spy, { artifact, artifactKey, flowRun }) =>
    spy.artifacts.create({
      ...{ id: artifact, collectionId: randomUUID(), now, key: artifactKey, type: null, description: null },
      ...{ data: '"trespass"', metadata: null, flowRunId: flowRun, taskRunId: null },
    }),
  "artifacts.get": (spy, { artifact }) => spy.artifacts.get(artifact),
  "artifacts.latest": (spy, { artifactKey }) => spy.artifacts.latest(artifactKey),
  "artifacts.list": (spy) => spy.artifacts.list(undefined, {}, "ID_DESC", start, 9),
  "artifacts.listLatest": (spy) => spy.artifacts.listLatest(undefined, {}, "ID_DESC", start, 9),
  "artifacts.below": (spy, { flowRun }) =>
    spy.artifacts.below({ flowRunId: flowRun }, { depth: 9, since: null, until: null, descending: true, limit: 9 }),
  "artifacts.count": (spy) => spy.artifacts.count(undefined, {}, false),
  "artifacts.patch": (spy, { artifact }) => spy.artifacts.patch(artifact, { description: "trespass" }, now),
  "artifacts.remove": (spy, { artifact }) => spy.artifacts.remove(artifact),

  "concurrencyLimits.create": (spy, { limit, limitName }) =>
    spy.concurrencyLimits.create({ id: limit, now, name: limitName, limit: 1 }),
  "concurrencyLimits.get": (spy, { limitName }) => spy.concurrencyLimits.get({ name: limitName }),
  "concurrencyLimits.count": (spy) => spy.concurrencyLimits.count(),
  "concurrencyLimits.list": (spy) => spy.concurrencyLimits.list({ tags: false }, start, 9),
  "concurrencyLimits.patch": (spy, { limit }) => spy.concurrencyLimits.patch({ id: limit }, { active_slots: 0 }, now),
  "concurrencyLimits.reset": (spy, { limitName }) => spy.concurrencyLimits.reset(limitName, []),
  "concurrencyLimits.remove": (spy, { limit }) => spy.concurrencyLimits.remove({ id: limit }),
  "concurrencyLimits.holders": (spy, { limit }) => spy.concurrencyLimits.holders(limit, 9),
  "concurrencyLimits.waiting": (spy, { limit }) => spy.concurrencyLimits.waiting(limit, 9),

  "deploymentSlots.commit": (spy, theirs) =>
    spy.deploymentSlots.commit(
      { ...stateWrite(), id: theirs.flowRun, version: 1, run: { ...times, policy: null, cancelledBy: null } },
      { kind: "renew", leaseId: theirs.lease, seconds: null },
    ),
  "deploymentSlots.limit": (spy, { deployment, limit }) =>
    spy.deploymentSlots.limit(deployment, { limitId: limit }, { id: randomUUID(), now }),

  "tagSlots.commit": (spy, theirs) => spy.tagSlots.commit(1, taskRunOf(theirs), { kind: "release" }),

  "slots.load": (spy, { limitName }) => spy.slots.load([limitName], { ids: [], keys: [] }, []),
  "slots.commit": async (spy, { limit, lease }) => {
    const { isStored, left } = await spy.slots.commit({
      limits: [{ id: limit, version: 1, taken: 1, waitedSeconds: null }],
      ...{ leases: [], waits: [], leaves: [], ends: [lease] },
    });
    return isStored || left;
  },
  "slots.leave": (spy, { limit, taskRun }) => spy.slots.leave([taskRun], [limit]),
  "slots.renew": (spy, { lease }) => spy.slots.renew(lease, 60),
  "slots.releaseHolder": (spy, { taskRun, limitName }) => spy.slots.releaseHolder(taskRun, [limitName]),
  "slots.give": (spy, { limitName }) => spy.slots.give([limitName], 1, 1),
  "slots.reclaim": (spy, { limit }) => spy.slots.reclaim([limit]),
} satisfies Record<Method, Trespass>;
