import { WeirError } from "@weir/contracts";
import { filterLogs, type Services, writeLogs } from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/logs` */
export function logRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/logs/", writeLogs, {
    status: 201,
    body: () => null,
    input: (request) => ({ lines: list(request), text: request.bodyText }),
    bodyAs: "lines",
    vital: true,
    countsElements: true,
  });
  door("POST", "/logs/filter", filterLogs);
}

/** A body that must be a JSON array. */
export function list(request: FastifyRequest): unknown[] {
  if (Array.isArray(request.body)) return request.body;
  throw new WeirError("invalid", "Invalid request received.", {
    issues: [{ loc: ["body"], msg: "Input should be a valid list", type: "list_type" }],
  });
}
