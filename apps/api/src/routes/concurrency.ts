import {
  createConcurrencyLimit,
  decrementSlots,
  decrementSlotsWithLease,
  decrementTagSlots,
  deleteConcurrencyLimit,
  deleteTagLimit,
  deleteTagLimitById,
  explainConcurrencyLimit,
  filterConcurrencyLimits,
  filterTagLimits,
  incrementSlots,
  incrementSlotsWithLease,
  incrementTagSlots,
  limitTag,
  paginateConcurrencyLimits,
  readConcurrencyLimit,
  readSlotHolders,
  readTagLimit,
  readTagLimitById,
  renewLease,
  resetTagLimit,
  type Services,
  updateConcurrencyLimit,
} from "@weir/operations";
import type { FastifyInstance } from "fastify";
import { workspaceDoors } from "../door.ts";

/** `/v2/concurrency_limits`, and `/concurrency_limits` for limits on tags. Engines wait for slots here: all of it is vital. */
export function concurrencyRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  const vital = { vital: true };
  door("POST", "/v2/concurrency_limits/", createConcurrencyLimit, { status: 201 });
  door("POST", "/v2/concurrency_limits/filter", filterConcurrencyLimits);
  door("POST", "/v2/concurrency_limits/paginate", paginateConcurrencyLimits);
  door("POST", "/v2/concurrency_limits/increment", incrementSlots, vital);
  door("POST", "/v2/concurrency_limits/decrement", decrementSlots, vital);
  door("POST", "/v2/concurrency_limits/increment-with-lease", incrementSlotsWithLease, vital);
  door("POST", "/v2/concurrency_limits/decrement-with-lease", decrementSlotsWithLease, vital);
  door("POST", "/v2/concurrency_limits/leases/:id/renew", renewLease, vital);
  door("GET", "/v2/concurrency_limits/:id_or_name", readConcurrencyLimit);
  door("GET", "/v2/concurrency_limits/:id_or_name/holders", readSlotHolders);
  door("GET", "/v2/concurrency_limits/:id_or_name/explain", explainConcurrencyLimit);
  door("PATCH", "/v2/concurrency_limits/:id_or_name", updateConcurrencyLimit, {
    bodyAs: "changes",
    input: (request) => ({ ...(request.params as object), changes: request.body ?? {} }),
  });
  door("DELETE", "/v2/concurrency_limits/:id_or_name", deleteConcurrencyLimit);

  const upsert = { status: ({ isNew }: { isNew: boolean }) => (isNew ? 201 : 200) };
  door("POST", "/concurrency_limits/", limitTag, { ...upsert, body: ({ body }) => body });
  door("POST", "/concurrency_limits/filter", filterTagLimits);
  door("POST", "/concurrency_limits/increment", incrementTagSlots, vital);
  door("POST", "/concurrency_limits/decrement", decrementTagSlots, vital);
  door("GET", "/concurrency_limits/:id", readTagLimitById);
  door("GET", "/concurrency_limits/tag/:tag", readTagLimit);
  door("POST", "/concurrency_limits/tag/:tag/reset", resetTagLimit);
  door("DELETE", "/concurrency_limits/:id", deleteTagLimitById);
  door("DELETE", "/concurrency_limits/tag/:tag", deleteTagLimit);
}
