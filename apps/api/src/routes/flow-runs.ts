import {
  countFlowRuns,
  createFlowRun,
  deleteFlowRun,
  filterFlowRuns,
  flowRunHistory,
  readFlowRun,
  readFlowRunState,
  readFlowRunStates,
  type Services,
  setFlowRunState,
  updateFlowRun,
  updateFlowRunLabels,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/flow_runs` and `/flow_run_states` */
export function flowRunRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/flow_runs/", createFlowRun, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/flow_runs/filter", filterFlowRuns);
  door("POST", "/flow_runs/count", countFlowRuns);
  door("POST", "/flow_runs/history", flowRunHistory);
  door("GET", "/flow_runs/:id", readFlowRun, { vital: true });
  door("PATCH", "/flow_runs/:id", updateFlowRun, { vital: true });
  door("DELETE", "/flow_runs/:id", deleteFlowRun);
  door("POST", "/flow_runs/:id/set_state", setFlowRunState, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("PATCH", "/flow_runs/:id/labels", updateFlowRunLabels, {
    vital: true,
    bodyAs: "labels",
  });
  door("GET", "/flow_run_states/:id", readFlowRunState);
  door("GET", "/flow_run_states/", readFlowRunStates);
}
