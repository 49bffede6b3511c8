import type { RunState } from "@weir/contracts";
import { relatedResource, type StateEvent, stateEvent, tagResources } from "./state-event.ts";

/** What a task run's state event says of the run beside its states. */
export type TaskRunSubject = {
  id: string;
  name: string;
  runCount: number;
  tags: readonly string[];
  flowRun: { id: string; name: string | null } | null;
  flow: { id: string; name: string | null } | null;
};

/**
 * The event of a task run entering `state` through the API. It says that the server orchestrated it: a task run's own
 * client tells of it in events that say otherwise, and only those are recorded when they come in.
 */
export function taskRunStateEvent(run: TaskRunSubject, previous: RunState | null, state: RunState): StateEvent {
  const { flowRun, flow, tags } = run;
  const related = [
    ...(flowRun ? [relatedResource("flow-run", flowRun.id, flowRun.name)] : []),
    ...(flow ? [relatedResource("flow", flow.id, flow.name)] : []),
    ...tagResources(tags),
  ];
  return stateEvent("task-run", run, related, previous, state, { "prefect.orchestration": "server" });
}
