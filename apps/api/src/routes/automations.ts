import type { Services } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { plainWorkspaceDoors } from "../door.ts";

/** What deploying and inspecting ask of automations and blocks, in a workspace that has none. Neither can be made yet. */
export function automationRoutes(app: FastifyInstance, services: Services): void {
  const door = plainWorkspaceDoors(app, services);
  door("GET", "/automations/related-to/:resource", 200, () => []);
  door("DELETE", "/automations/owned-by/:resource", 202, () => null);
  door("POST", "/automations/filter", 200, () => []);
  door("POST", "/automations/count", 200, () => 0);
  door("POST", "/block_types/filter", 200, () => []);
  door("POST", "/block_schemas/filter", 200, () => []);
  door("POST", "/block_documents/filter", 200, () => []);
  door("POST", "/block_documents/count", 200, () => 0);
}
