export { type ErrorCode, errorCodes, type Issue, notFound, WeirError } from "./errors.ts";
export {
  ArtifactFilter,
  ArtifactSort,
  DeploymentFilter,
  DeploymentSort,
  FlowFilter,
  FlowRunFilter,
  FlowRunSort,
  FlowSort,
  LogFilter,
  LogSort,
  RunFilters,
  TaskRunFilter,
  TaskRunSort,
  VariableFilter,
  VariableSort,
  WorkerFilter,
  WorkPoolFilter,
  WorkQueueFilter,
} from "./filters.ts";
export {
  type AccountId,
  type ActorId,
  type DeploymentId,
  type FlowId,
  type FlowRunId,
  NIL_UUID,
  parseUuid,
  type ScheduleId,
  type StateId,
  type TaskRunId,
  type UserId,
  Uuid,
  uuidv7,
  uuidv7Time,
  type WorkerId,
  type WorkPoolId,
  type WorkQueueId,
  type WorkspaceId,
} from "./ids.ts";
export { Document, Instant, Limit, Name, ObjectDocument, Offset, Seconds, Tags, Text, withoutNul } from "./inputs.ts";
export { EMPTY_OBJECT, elementTexts, JsonText, jsonText, memberTexts, toWire } from "./json.ts";
export { StateDetailsInput, StateInput } from "./orchestration.ts";
export {
  type AccountPermission,
  type AccountRole,
  accountPermissions,
  accountRoles,
  type WorkspaceRole,
  type WorkspaceScope,
  workspaceRoles,
  workspaceScopes,
} from "./permissions.ts";
export { type CatchUp, catchUps } from "./schedules.ts";
export {
  defaultStateName,
  type EmpiricalPolicy,
  isTerminal,
  type OrchestrationStatus,
  type ProposedState,
  type RunState,
  type StateDetails,
  type StateType,
  stateTypes,
} from "./states.ts";
export {
  addSeconds,
  formatInstant,
  type IsoInstant,
  isAfter,
  type Micros,
  parseInstant,
  SECOND,
  secondsBetween,
} from "./time.ts";
