import { Instant, Limit, Uuid, WeirError } from "@weir/contracts";
import type { QueueFilter } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { wireFlowRun } from "../flow-run/wire.ts";
import { PageNumber, pageOf } from "../paging.ts";
import { wireHolder } from "../work-pool/concurrency.ts";
import { beyond, notePoll } from "../work-pool/poll.ts";
import { isRecent, POLLED_WITHIN_SECONDS, queueOf } from "./verbs.ts";

/** A queue's health: no late runs, and polled within a minute. */
export const readWorkQueueStatus = defineVerb({
  name: "work_queue.status",
  permission: "see_work_queues",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }) {
    const queue = await queueOf(ctx, id);
    const late = await ctx.store.workQueues.lateRuns(id);
    return {
      healthy: late === 0 && isRecent(queue.last_polled, ctx.now),
      late_runs_count: late,
      last_polled: queue.last_polled,
      health_check_policy: { maximum_late_runs: 0, maximum_seconds_since_last_polled: POLLED_WITHIN_SECONDS },
    };
  },
});

/** Who holds a queue's slots. */
export const readWorkQueueConcurrency = defineVerb({
  name: "work_queue.concurrency_status",
  permission: "see_work_queues",
  input: z.object({ id: Uuid, page: PageNumber, limit: Limit }),
  async run({ store, now }, { id, page, limit }) {
    const queue = await store.workQueues.get(id);
    if (!queue) throw new WeirError("missing", "Work queue not found.");
    const [holders, active] = await Promise.all([
      store.workQueues.slotHolders([id], limit, (page - 1) * limit),
      store.workQueues.activeByQueue(queue.work_pool_id),
    ]);
    const count = active.get(id) ?? 0;
    return {
      active_slots: count,
      concurrency_limit: queue.concurrency_limit,
      flow_runs: holders.map((run) => wireHolder(run, now)),
      ...pageOf(count, limit, page),
    };
  },
});

/** The runs of a queue, or of what its filter takes in, that may start now. `is_preview`: someone looks, nobody polls. */
export const offerQueueRuns = defineVerb({
  name: "work_queue.offer_flow_runs",
  permission: "see_work_queues",
  input: z.object({ id: Uuid, limit: Limit, scheduled_before: Instant.nullish(), is_preview: z.boolean().optional() }),
  async run(ctx, { id, limit, scheduled_before, is_preview }) {
    const { filter } = await queueOf(ctx, id);
    const { dispatch } = ctx.store;
    const window = { before: scheduled_before ?? beyond(ctx), after: null, limit };
    const runs = filter
      ? await dispatch.ofFilter(id, filter.value() as QueueFilter, window)
      : await dispatch.ofQueue(id, window);
    if (!is_preview) notePoll(ctx, [id]);
    return runs.map((run) => wireFlowRun(run, ctx.now));
  },
});
