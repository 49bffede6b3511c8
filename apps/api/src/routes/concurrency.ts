import { randomUUID } from "node:crypto";
import type { Services } from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { plainWorkspaceDoors } from "../door.ts";

/**
 * Slots of concurrency limits, in a workspace that has none: every name is unknown, and unknown names do not limit. Each
 * tagged task asks, so the answer must be there. Limits themselves cannot be made yet.
 */
export function concurrencyRoutes(app: FastifyInstance, services: Services): void {
  const door = plainWorkspaceDoors(app, services);
  door("POST", "/v2/concurrency_limits/increment-with-lease", 200, () => ({ lease_id: randomUUID(), limits: [] }));
  door("POST", "/v2/concurrency_limits/decrement-with-lease", 204, () => null);
  door("POST", "/v2/concurrency_limits/leases/:id/renew", 204, () => null);
  door("POST", "/v2/concurrency_limits/increment", 200, () => []);
  door("POST", "/v2/concurrency_limits/decrement", 200, () => []);
  door("POST", "/v2/concurrency_limits/filter", 200, () => []);
  door("POST", "/concurrency_limits/increment", 200, () => []);
  door("POST", "/concurrency_limits/decrement", 200, () => []);
  door("POST", "/concurrency_limits/filter", 200, () => []);
}
