import {
  countTaskRuns,
  createTaskRun,
  deleteTaskRun,
  explainTaskRun,
  filterTaskRuns,
  filterTaskWorkers,
  paginateTaskRuns,
  readTaskRun,
  readTaskRunState,
  readTaskRunStates,
  type Services,
  setTaskRunState,
  taskRunHistory,
  updateTaskRun,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/task_runs`, `/task_run_states` and `/task_workers` */
export function taskRunRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/task_runs/", createTaskRun, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/task_runs/filter", filterTaskRuns);
  door("POST", "/task_runs/count", countTaskRuns);
  door("POST", "/task_runs/paginate", paginateTaskRuns);
  door("POST", "/task_runs/history", taskRunHistory);
  door("GET", "/task_runs/:id", readTaskRun, { vital: true });
  door("GET", "/task_runs/:id/explain", explainTaskRun);
  door("PATCH", "/task_runs/:id", updateTaskRun);
  door("DELETE", "/task_runs/:id", deleteTaskRun);
  door("POST", "/task_runs/:id/set_state", setTaskRunState, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/task_workers/filter", filterTaskWorkers);
  door("GET", "/task_run_states/:id", readTaskRunState);
  door("GET", "/task_run_states/", readTaskRunStates);
}
