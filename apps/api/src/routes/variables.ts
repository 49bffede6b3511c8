import {
  countVariables,
  createVariable,
  deleteVariable,
  filterVariables,
  readVariable,
  type Services,
  updateVariable,
} from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { inputOf, workspaceDoors } from "../door.ts";

/** The variable that the path names, apart from the body, which may hold a new name. */
const pathOf = (request: FastifyRequest) =>
  inputOf({ params: request.params, query: {}, body: undefined } as FastifyRequest);
const changed = {
  bodyAs: "changes",
  input: (request: FastifyRequest) => ({ key: pathOf(request), changes: request.body ?? {} }),
};

/** `/variables`, by name and by id. */
export function variableRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/variables/", createVariable, { status: 201 });
  door("POST", "/variables/filter", filterVariables);
  door("POST", "/variables/count", countVariables);
  door("GET", "/variables/name/:name", readVariable, { vital: true });
  door("PATCH", "/variables/name/:name", updateVariable, changed);
  door("DELETE", "/variables/name/:name", deleteVariable);
  door("GET", "/variables/:id", readVariable);
  door("PATCH", "/variables/:id", updateVariable, changed);
  door("DELETE", "/variables/:id", deleteVariable);
}
