import { type Services, workPoolTypesFor } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { plainWorkspaceDoors, versionOf } from "../door.ts";

/** `/collections`: what work pools can be made of, in the shape of each client mode. */
export function collectionRoutes(app: FastifyInstance, services: Services): void {
  const door = plainWorkspaceDoors(app, services);
  for (const path of ["/collections/work_pool_types", "/collections/views/aggregate-worker-metadata"]) {
    door("GET", path, 200, (request) => workPoolTypesFor(versionOf(request)));
  }
}
