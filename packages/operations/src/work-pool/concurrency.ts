import { Limit, type Micros, parseInstant, secondsBetween, WeirError } from "@weir/contracts";
import type { SlotHolder } from "@weir/db";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { PageNumber, pageOf } from "../paging.ts";

/** Who holds a pool's slots, oldest in their state first: over all its queues, and queue by queue. */
export const readWorkPoolConcurrency = defineVerb({
  name: "work_pool.concurrency_status",
  permission: "see_work_pools",
  input: z.object({
    work_pool_name: z.string(),
    page: PageNumber,
    limit: Limit,
    flow_run_limit: z.number().int().min(0).max(200).nullish(),
  }),
  async run({ store, now }, { work_pool_name, page, limit, flow_run_limit }) {
    const pool = await store.workPools.getByName(work_pool_name);
    if (!pool) throw new WeirError("missing", `Work pool '${work_pool_name}' not found.`);
    const [{ rows: queues }, count, active] = await Promise.all([
      store.workQueues.list(pool.id, undefined, { offset: (page - 1) * limit }, limit),
      store.workQueues.count(pool.id, undefined),
      store.workQueues.activeByQueue(pool.id),
    ]);
    const most = flow_run_limit ?? 10;
    const holders = await store.workQueues.slotHolders([...active.keys()], most);
    return {
      active_slots: [...active.values()].reduce((sum, one) => sum + one, 0),
      concurrency_limit: pool.concurrency_limit,
      queues: queues.map((queue) => ({
        queue_id: queue.id,
        queue_name: queue.name,
        active_slots: active.get(queue.id) ?? 0,
        concurrency_limit: queue.concurrency_limit,
        flow_runs: holders.filter((run) => run.work_queue_id === queue.id).map((run) => wireHolder(run, now)),
        flow_run_count: active.get(queue.id) ?? 0,
      })),
      pool_slots: holders
        .toSorted((a, b) => (parseInstant(a.state_timestamp) ?? 0) - (parseInstant(b.state_timestamp) ?? 0))
        .slice(0, most)
        .map((run) => wireHolder(run, now)),
      ...pageOf(count, limit, page),
    };
  },
});

/** A run that holds a slot, on the wire. */
export function wireHolder({ work_queue_id: _, ...run }: SlotHolder, now: Micros): Record<string, unknown> {
  return { ...run, time_in_current_state: secondsBetween(parseInstant(run.state_timestamp) ?? now, now) };
}
