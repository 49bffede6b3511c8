import {
  countDeploymentsOfFlows,
  countFlowRunsOfPools,
  countTaskRunsByState,
  countTaskRunsOfFlowRuns,
  listFlowRunTimes,
  nextRunsOfFlows,
  paginateFlowRunTimes,
  type Services,
  taskRunOutcomes,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/ui`: what dashboards ask for beside the things themselves. */
export function uiRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/ui/flows/count-deployments", countDeploymentsOfFlows);
  door("POST", "/ui/flows/next-runs", nextRunsOfFlows);
  door("POST", "/ui/flow_runs/history", listFlowRunTimes);
  door("POST", "/ui/flow_runs/history-v2", paginateFlowRunTimes);
  door("POST", "/ui/flow_runs/count-task-runs", countTaskRunsOfFlowRuns);
  door("POST", "/ui/task_runs/dashboard/counts", taskRunOutcomes);
  door("POST", "/ui/task_runs/count", countTaskRunsByState);
  door("POST", "/ui/work_pools/count-flow-runs", countFlowRunsOfPools);
}
