import { formatInstant, Uuid, WeirError } from "@weir/contracts";
import { causeOf, placeChecks } from "@weir/core";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { placeOf } from "./place.ts";

/** Why the runs of a work queue do not start. */
export const explainWorkQueue = defineVerb({
  name: "work_queue.explain",
  permission: "see_work_queues",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }) {
    const found = await placeOf(ctx, id);
    if (!found) throw new WeirError("missing", "Work queue not found.");
    const checks = placeChecks(found.place, ctx.caller.refusals(), ctx.now);
    return { work_queue_id: id, at: formatInstant(ctx.now), due: found.row.due, cause: causeOf(checks), checks };
  },
});
