import {
  countWorkPools,
  createWorkPool,
  createWorkQueue,
  deleteWorker,
  deleteWorkPool,
  deleteWorkQueue,
  filterPoolQueues,
  filterWorkers,
  filterWorkPools,
  heartbeatWorker,
  offerFlowRuns,
  paginatePoolQueues,
  paginateWorkers,
  paginateWorkPools,
  previewWorkPoolConfiguration,
  readWorker,
  readWorkPool,
  readWorkPoolConcurrency,
  readWorkQueue,
  type Services,
  updateWorkPool,
  updateWorkQueue,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/work_pools`, with the queues and workers in them. Workers that have no channel (`live/worker-channel.ts`) use these routes. */
export function workPoolRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/work_pools/", createWorkPool, { status: 201 });
  door("POST", "/work_pools/filter", filterWorkPools);
  door("POST", "/work_pools/paginate", paginateWorkPools);
  door("POST", "/work_pools/count", countWorkPools);
  door("POST", "/work_pools/configuration/preview", previewWorkPoolConfiguration);
  door("GET", "/work_pools/:work_pool_name", readWorkPool, { vital: true });
  door("PATCH", "/work_pools/:work_pool_name", updateWorkPool);
  door("DELETE", "/work_pools/:work_pool_name", deleteWorkPool);
  door("POST", "/work_pools/:work_pool_name/get_scheduled_flow_runs", offerFlowRuns, { vital: true });
  door("POST", "/work_pools/:work_pool_name/concurrency_status", readWorkPoolConcurrency);

  door("POST", "/work_pools/:work_pool_name/queues", createWorkQueue, { status: 201 });
  door("POST", "/work_pools/:work_pool_name/queues/filter", filterPoolQueues);
  door("POST", "/work_pools/:work_pool_name/queues/paginate", paginatePoolQueues);
  door("GET", "/work_pools/:work_pool_name/queues/:work_queue_name", readWorkQueue);
  door("PATCH", "/work_pools/:work_pool_name/queues/:work_queue_name", updateWorkQueue, {
    bodyAs: "changes",
    input: ({ params, body }) => ({ ...(params as Record<string, string>), changes: body ?? {} }),
  });
  door("DELETE", "/work_pools/:work_pool_name/queues/:work_queue_name", deleteWorkQueue);

  door("POST", "/work_pools/:work_pool_name/workers/heartbeat", heartbeatWorker, {
    vital: true,
    // The client reads the id as bare text; a quoted string would stop it.
    send: ({ workerId }, reply) =>
      workerId === null ? reply.code(204).send() : reply.code(200).type("text/plain; charset=utf-8").send(workerId),
  });
  door("POST", "/work_pools/:work_pool_name/workers/filter", filterWorkers);
  door("POST", "/work_pools/:work_pool_name/workers/paginate", paginateWorkers);
  door("GET", "/work_pools/:work_pool_name/workers/:worker_id", readWorker);
  door("DELETE", "/work_pools/:work_pool_name/workers/:worker_name", deleteWorker);
}
