import { type Services, workPoolTypes } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { plainWorkspaceDoors } from "../door.ts";

/** `/collections`: what work pools can be made of, in the shape of each client mode. */
export function collectionRoutes(app: FastifyInstance, services: Services): void {
  const door = plainWorkspaceDoors(app, services);
  door("GET", "/collections/work_pool_types", 200, () => workPoolTypes);
  door("GET", "/collections/views/aggregate-worker-metadata", 200, () => workPoolTypes);
}
