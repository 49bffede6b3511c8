import {
  createAgentQueue,
  deleteWorkQueueById,
  explainWorkQueue,
  filterWorkQueues,
  offerQueueRuns,
  paginateWorkQueues,
  readAgentQueueByName,
  readWorkQueueById,
  readWorkQueueConcurrency,
  readWorkQueueStatus,
  type Services,
  updateWorkQueueById,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { inputOf, workspaceDoors } from "../door.ts";

/** `/work_queues`: queues by id, and those named without a pool. */
export function workQueueRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/work_queues/", createAgentQueue, { status: 201 });
  door("POST", "/work_queues/filter", filterWorkQueues);
  door("POST", "/work_queues/paginate", paginateWorkQueues);
  door("GET", "/work_queues/name/:name", readAgentQueueByName);
  door("GET", "/work_queues/:id", readWorkQueueById, { vital: true });
  door("PATCH", "/work_queues/:id", updateWorkQueueById);
  door("DELETE", "/work_queues/:id", deleteWorkQueueById);
  door("GET", "/work_queues/:id/status", readWorkQueueStatus);
  door("GET", "/work_queues/:id/explain", explainWorkQueue);
  door("POST", "/work_queues/:id/concurrency_status", readWorkQueueConcurrency);
  door("POST", "/work_queues/:id/get_runs", offerQueueRuns, {
    vital: true,
    input: (request) => ({ ...inputOf(request), is_preview: request.headers["x-prefect-ui"] === "true" }),
  });
}
