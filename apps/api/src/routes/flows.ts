import {
  countFlows,
  createFlow,
  deleteFlow,
  deleteFlows,
  filterFlows,
  paginateFlows,
  readFlow,
  readFlowByName,
  type Services,
  updateFlow,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/flows` */
export function flowRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/flows/", createFlow, {
    status: ({ isNew }) => (isNew ? 201 : 200),
    body: ({ body }) => body,
    vital: true,
  });
  door("POST", "/flows/filter", filterFlows);
  door("POST", "/flows/count", countFlows);
  door("POST", "/flows/paginate", paginateFlows);
  door("POST", "/flows/bulk_delete", deleteFlows);
  door("GET", "/flows/name/:name", readFlowByName);
  door("GET", "/flows/:id", readFlow, { vital: true });
  door("PATCH", "/flows/:id", updateFlow);
  door("DELETE", "/flows/:id", deleteFlow);
}
