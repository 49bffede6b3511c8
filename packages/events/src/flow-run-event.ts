import { formatInstant, type Micros, type ProposedState, type RunState, toWire } from "@weir/contracts";
import { involvedIds, type Resource } from "./client-event.ts";

/** What a flow run's state event says of the run beside its states. */
export type FlowRunSubject = {
  id: string;
  name: string;
  runCount: number;
  tags: readonly string[];
  parentTaskRunId: string | null;
  flow: { id: string; name: string | null };
  deployment: { id: string; name: string | null } | null;
  workQueue: { id: string; name: string | null } | null;
  workPool: { id: string; name: string | null; type: string | null } | null;
  creator: { id?: string | null; type?: string | null; display_value?: string | null } | null;
};

/** An event ready to be stored: see StateWrite in packages/db. */
export type StateEvent = { name: string; resourceId: string; involved: string[]; body: string };

const FOLLOWS_WITHIN: Micros = 300_000_000 as Micros;

/**
 * The event of a flow run entering `state`: its id is the state's and its time the state's, so that whoever waits for the
 * state can recognise it. It follows the previous state's event when that is less than five minutes old.
 */
export function flowRunStateEvent(run: FlowRunSubject, previous: RunState | null, state: RunState): StateEvent {
  const resource: Resource = {
    "prefect.resource.id": `prefect.flow-run.${run.id}`,
    "prefect.resource.name": run.name,
    "prefect.run-count": String(run.runCount),
    "prefect.state-message": state.message ?? "",
    "prefect.state-name": state.name,
    "prefect.state-timestamp": formatInstant(state.timestamp),
    "prefect.state-type": state.type,
  };
  const related = relatedResources(run);
  const follows = previous && state.timestamp - previous.timestamp < FOLLOWS_WITHIN ? previous.id : null;
  return {
    name: `prefect.flow-run.${state.name}`,
    resourceId: `prefect.flow-run.${run.id}`,
    involved: involvedIds(resource, related),
    body: toWire({
      id: state.id,
      occurred: formatInstant(state.timestamp),
      event: `prefect.flow-run.${state.name}`,
      resource,
      related,
      payload: {
        intended: { from: previous?.type ?? null, to: state.type },
        initial_state: previous && told(previous),
        validated_state: told(state),
      },
      follows,
    }),
  };
}

function told(state: ProposedState): Record<string, unknown> {
  return {
    type: state.type,
    name: state.name,
    message: state.message ?? "",
    pause_reschedule: state.type === "PAUSED" ? String(state.details.pause_reschedule ?? false) : undefined,
  };
}

function relatedResources(run: FlowRunSubject): Resource[] {
  const { flow, deployment, workQueue, workPool, creator } = run;
  const related: Resource[] = [resource("flow", flow.id, flow.name)];
  if (deployment) related.push(resource("deployment", deployment.id, deployment.name));
  if (workQueue) related.push(resource("work-queue", workQueue.id, workQueue.name));
  if (workPool)
    related.push({
      ...resource("work-pool", workPool.id, workPool.name),
      "prefect.work-pool.type": workPool.type ?? "",
    });
  if (run.parentTaskRunId) related.push(resource("task-run", run.parentTaskRunId, null));
  for (const tag of run.tags)
    related.push({ "prefect.resource.id": `prefect.tag.${tag}`, "prefect.resource.role": "tag" });
  if (creator?.id && creator.type) {
    related.push({
      "prefect.resource.id": `prefect.${creator.type.toLowerCase()}.${creator.id}`,
      "prefect.resource.role": "creator",
      "prefect.resource.name": creator.display_value ?? "",
    });
  }
  return related;
}

function resource(kind: string, id: string, name: string | null): Resource {
  return {
    "prefect.resource.id": `prefect.${kind}.${id}`,
    "prefect.resource.role": kind,
    ...(name === null ? {} : { "prefect.resource.name": name }),
  };
}
