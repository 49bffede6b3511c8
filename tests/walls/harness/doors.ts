import { type Door, type PlainDoor, plainDoors, publishedDoors } from "../../../apps/api/src/door.ts";
import type { Estate } from "./estate.ts";

/** A route of the API, whether it reaches a verb or not. */
export type AnyDoor = Door | PlainDoor;

/** Every route, those onto verbs first. The API must have been built before. */
export function everyDoor(): AnyDoor[] {
  return [...publishedDoors(), ...plainDoors()];
}

/** `POST /flows/` of a workspace, told apart from the same path elsewhere. */
export function nameOf({ scope, method, path }: AnyDoor): string {
  return `${scope} ${method} ${path}`;
}

const byNoun: Record<string, (estate: Estate) => string> = {
  flows: ({ flow }) => flow,
  flow_runs: ({ flowRun }) => flowRun,
  flow_run_states: ({ flowRunState }) => flowRunState,
  task_runs: ({ taskRun }) => taskRun,
  task_run_states: ({ taskRunState }) => taskRunState,
  artifacts: ({ artifact }) => artifact,
  variables: ({ variable }) => variable,
  deployments: ({ deployment }) => deployment,
  work_queues: ({ queue }) => queue,
  me: ({ owner }) => owner.accountId,
  v2: ({ lease }) => lease,
  concurrency_limits: ({ tagLimit }) => tagLimit,
};

const byName: Record<string, (estate: Estate) => string> = {
  flows: ({ flowName }) => flowName,
  variables: ({ variableName }) => variableName,
  work_queues: ({ agentQueueName }) => agentQueueName,
};

const names: typeof byNoun = {
  flow_name: ({ flowName }) => flowName,
  deployment_name: ({ deploymentName }) => deploymentName,
  version_id: ({ version }) => version,
  schedule_id: ({ schedule }) => schedule,
  id_or_name: ({ limit }) => limit,
  tag: ({ tag }) => tag,
  work_pool_name: ({ pool }) => pool,
  work_queue_name: ({ queueName }) => queueName,
  worker_name: ({ worker }) => worker,
  worker_id: ({ workerId }) => workerId,
  key: ({ artifactKey }) => artifactKey,
  key_id: ({ apiKey }) => apiKey,
  user_id: ({ owner }) => owner.userId,
  resource: ({ deployment }) => `prefect.deployment.${deployment}`,
};

/** Names of a path's parameters. */
export function paramsOf({ path }: AnyDoor): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
}

/** A door's path with an estate's own ids and names in it, or with `given` ones. */
function pathIn(door: AnyDoor, estate: Estate, given: Record<string, string> = {}): string {
  const noun = door.path.split("/")[1] ?? "";
  const of = (param: string) => (param === "id" ? byNoun[noun] : param === "name" ? byName[noun] : names[param]);
  return door.path.replaceAll(/:(\w+)/g, (_, param: string) => {
    const value = given[param] ?? of(param)?.(estate);
    if (value === undefined) throw new Error(`tests/walls/harness/doors.ts does not know :${param} of ${nameOf(door)}`);
    return encodeURIComponent(value);
  });
}

function baseOf(door: AnyDoor, origin: string, { accountUrl, url }: Estate): string {
  if (door.scope === "workspace") return url;
  return door.scope === "account" ? accountUrl : `${origin}/api`;
}

/** A door's path in an estate and the query that it needs. */
export function targetIn(door: AnyDoor, estate: Estate, given: Record<string, string> = {}): string {
  return pathIn(door, estate, given) + (queries[nameOf(door)]?.(estate) ?? "");
}

/** Address of a door in an estate. */
export function addressOf(door: AnyDoor, origin: string, estate: Estate, given: Record<string, string> = {}): string {
  return baseOf(door, origin, estate) + targetIn(door, estate, given);
}

const queries: Record<string, (estate: Estate) => string> = {
  "workspace GET /flow_run_states/": ({ flowRun }) => `?flow_run_id=${flowRun}`,
  "workspace GET /task_run_states/": ({ taskRun }) => `?task_run_id=${taskRun}`,
  "user GET /me/accounts/:id/has_permission": () => "?permission=read:account",
};

/** Doors that read a body; metrics are taken unread. */
export const hasBody = ({ method, path }: AnyDoor): boolean =>
  method !== "GET" && method !== "DELETE" && !path.startsWith("/telemetry");
