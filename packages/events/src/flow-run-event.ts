import type { RunState } from "@weir/contracts";
import type { Resource } from "./client-event.ts";
import { relatedResource as resource, type StateEvent, stateEvent, tagResources } from "./state-event.ts";

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

/** The event of a flow run entering `state`. */
export function flowRunStateEvent(run: FlowRunSubject, previous: RunState | null, state: RunState): StateEvent {
  return stateEvent("flow-run", run, relatedResources(run), previous, state);
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
  related.push(...tagResources(run.tags));
  if (creator?.id && creator.type) {
    related.push({
      "prefect.resource.id": `prefect.${creator.type.toLowerCase()}.${creator.id}`,
      "prefect.resource.role": "creator",
      "prefect.resource.name": creator.display_value ?? "",
    });
  }
  return related;
}
