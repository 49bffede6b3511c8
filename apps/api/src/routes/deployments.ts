import {
  branchDeployment,
  checkWorkQueues,
  countDeployments,
  createDeployment,
  createDeploymentRun,
  createDeploymentRuns,
  createSchedules,
  deleteDeployment,
  deleteDeployments,
  deleteDeploymentVersion,
  deleteSchedule,
  disableDeployment,
  enableDeployment,
  explainDeployment,
  filterDeployments,
  offerDeploymentRuns,
  paginateDeployments,
  paginateDeploymentVersions,
  pauseDeployment,
  planAhead,
  promoteDeploymentVersion,
  readDeployment,
  readDeploymentByName,
  readDeploymentVersion,
  readSchedules,
  resumeDeployment,
  type Services,
  updateDeployment,
  updateSchedule,
  validateValues,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/deployments`, with their schedules and runs. */
export function deploymentRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  const created = {
    status: ({ isNew }: { isNew: boolean }) => (isNew ? 201 : 200),
    body: ({ body }: { body: unknown }) => body,
  };
  door("POST", "/deployments/", createDeployment, created);
  door("POST", "/deployments/filter", filterDeployments);
  door("POST", "/deployments/count", countDeployments);
  door("POST", "/deployments/paginate", paginateDeployments);
  door("POST", "/deployments/bulk_delete", deleteDeployments);
  door("POST", "/deployments/get_scheduled_flow_runs", offerDeploymentRuns, { vital: true });
  door("GET", "/deployments/name/:flow_name/:deployment_name", readDeploymentByName);
  door("GET", "/deployments/:id", readDeployment, { vital: true });
  door("GET", "/deployments/:id/explain", explainDeployment);
  door("PATCH", "/deployments/:id", updateDeployment);
  door("DELETE", "/deployments/:id", deleteDeployment);
  door("POST", "/deployments/:id/create_flow_run", createDeploymentRun, { ...created, vital: true });
  door("POST", "/deployments/:id/create_flow_run/bulk", createDeploymentRuns, { bodyAs: "flow_runs" });
  door("POST", "/deployments/:id/pause_deployment", pauseDeployment);
  door("POST", "/deployments/:id/resume_deployment", resumeDeployment);
  door("GET", "/deployments/:id/work_queue_check", checkWorkQueues);
  // What clients from before pauses call them.
  door("POST", "/deployments/:id/set_schedule_active", resumeDeployment);
  door("POST", "/deployments/:id/set_schedule_inactive", pauseDeployment);
  door("POST", "/deployments/:id/disable", disableDeployment);
  door("POST", "/deployments/:id/enable", enableDeployment);
  door("POST", "/deployments/:id/branch", branchDeployment, { status: 201, body: ({ body }) => body });
  door("POST", "/deployments/:id/versions/paginate", paginateDeploymentVersions);
  door("GET", "/deployments/:id/versions/:version_id", readDeploymentVersion);
  door("DELETE", "/deployments/:id/versions/:version_id", deleteDeploymentVersion);
  door("POST", "/deployments/:id/versions/:version_id/promote", promoteDeploymentVersion);
  door("POST", "/deployments/:id/schedule", planAhead, { status: 200 });
  door("GET", "/deployments/:id/schedules", readSchedules);
  door("POST", "/deployments/:id/schedules", createSchedules, { status: 201, bodyAs: "schedules" });
  door("PATCH", "/deployments/:id/schedules/:schedule_id", updateSchedule, { bodyAs: "changes" });
  door("DELETE", "/deployments/:id/schedules/:schedule_id", deleteSchedule);
  door("POST", "/ui/schemas/validate", validateValues);
}
