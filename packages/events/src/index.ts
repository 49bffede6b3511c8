export {
  type ClientEvent,
  checkEvent,
  idOf,
  inRole,
  involvedIds,
  MAX_EVENT_BYTES,
  type Resource,
  readEvent,
} from "./client-event.ts";
export { type FlowRunSubject, flowRunStateEvent } from "./flow-run-event.ts";
export { carries, type EventTest, eventMatches, type TestedEvent } from "./match.ts";
export type { StateEvent } from "./state-event.ts";
export { type TaskRunSubject, taskRunStateEvent } from "./task-run-event.ts";
export { type ToldTaskRun, toldTaskRun } from "./task-run-fact.ts";
export { unreachableEvent } from "./unreachable-event.ts";
