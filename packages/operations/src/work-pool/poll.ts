import { addSeconds, formatInstant, Instant, Limit, WeirError } from "@weir/contracts";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { wireFlowRun } from "../flow-run/wire.ts";
import { noSuchPool } from "./verbs.ts";

/** Runs due until this long ahead are offered when a poll does not say. */
const EVERYTHING_SECONDS = 100 * 365 * 86_400;

/** What a worker may start now. An offer reserves nothing: the first to propose Pending gets the run. */
export const offerFlowRuns = defineVerb({
  name: "work_pool.offer_flow_runs",
  permission: "see_work_pools",
  input: z.object({
    work_pool_name: z.string(),
    work_queue_names: z.array(z.string()).nullish(),
    scheduled_before: Instant.nullish(),
    scheduled_after: Instant.nullish(),
    limit: Limit,
  }),
  async run(ctx, input) {
    const { store, now, nowIso } = ctx;
    const names =
      input.work_queue_names && input.work_queue_names.length > 0 ? [...new Set(input.work_queue_names)] : null;
    const window = {
      before: input.scheduled_before ?? beyond(ctx),
      after: input.scheduled_after ?? null,
      limit: input.limit,
    };
    const offer = await store.dispatch.offer(input.work_pool_name, names, window, nowIso);
    if (!offer) throw noSuchPool(input.work_pool_name);
    const unknown = names?.find((name) => !offer.queueNames.includes(name));
    if (unknown !== undefined)
      throw new WeirError("missing", `Work pool queue '${input.work_pool_name}/${unknown}' not found.`);
    if (offer.unmarkedIds.length > 0) notePoll(ctx, offer.unmarkedIds);
    return offer.runs.map(({ queueId, run }) => ({
      work_pool_id: offer.poolId,
      work_queue_id: queueId,
      flow_run: wireFlowRun(run, now),
    }));
  },
});

/** The instant before which everything is due that a poll without bounds asks for. */
export function beyond({ now }: Pick<Ctx, "now">): string {
  return formatInstant(addSeconds(now, EVERYTHING_SECONDS));
}

/** Notes a poll after the answer: it tells who is alive, and the next poll repeats what this one fails to write. */
export function notePoll({ store, nowIso }: Pick<Ctx, "store" | "nowIso">, queueIds: readonly string[]): void {
  store.workQueues.markPolled(queueIds, nowIso).catch(() => undefined);
}
