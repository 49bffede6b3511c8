export { type AccountCtx, type Ctx, defineAccountVerb, defineVerb, openCtx, parseInput, type Verb } from "./define-verb.ts";
export { countFlows, createFlow, deleteFlow, filterFlows, readFlow, readFlowByName, updateFlow } from "./flow/verbs.ts";
export { deleteFlowRun, updateFlowRun, updateFlowRunLabels } from "./flow-run/change.ts";
export { createFlowRun } from "./flow-run/create.ts";
export {
  countFlowRuns,
  filterFlowRuns,
  flowRunHistory,
  readFlowRun,
  readFlowRunState,
  readFlowRunStates,
} from "./flow-run/read.ts";
export { type OrchestrationResult, setFlowRunState } from "./flow-run/set-state.ts";
export {
  authenticate,
  forgetVerdicts,
  grantedAccount,
  grantedWorkspace,
  hashKey,
  type Identity,
  identify,
} from "./identity/authenticate.ts";
export { bootstrapLocalInstance, type LocalInstance } from "./identity/bootstrap.ts";
export { wireMe, wireMyAccounts, wireMyWorkspaces } from "./identity/me.ts";
export { hashPassword, passwordMatches } from "./identity/password.ts";
export { type Services, systemClock } from "./services.ts";
