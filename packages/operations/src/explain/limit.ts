import { formatInstant, notFound } from "@weir/contracts";
import { causeOf, type LimitWait, limitCheck } from "@weir/core";
import type { ConcurrencyLimitKey } from "@weir/db";
import { z } from "zod";
import { keyOf } from "../concurrency/limits.ts";
import { type Ctx, defineVerb } from "../define-verb.ts";

/** How many holders and waiters are told of. */
const TOLD = 20;

/** Why a concurrency limit lets nobody in. */
export const explainConcurrencyLimit = defineVerb({
  name: "concurrency_limit.explain",
  permission: "see_concurrency_limits",
  input: z.object({ id_or_name: z.string() }),
  async run(ctx, { id_or_name }) {
    const wait = await limitOf(ctx, keyOf(id_or_name));
    if (!wait) throw notFound("Concurrency Limit");
    const checks = [limitCheck(wait, "concurrency_limit", "manage_concurrency_limits")];
    return { concurrency_limit: wait.name, at: formatInstant(ctx.now), cause: causeOf(checks), checks };
  },
});

/** A limit with its holders and waiters. `undefined`: there is none. */
export async function limitOf({ store }: Ctx, key: ConcurrencyLimitKey): Promise<LimitWait | undefined> {
  const row = await store.concurrencyLimits.get(key);
  if (!row) return undefined;
  const [holders, waiting] = await Promise.all([
    store.concurrencyLimits.holders(row.id, TOLD),
    store.concurrencyLimits.waiting(row.id, TOLD),
  ]);
  return {
    name: row.name,
    limit: row.limit,
    active: row.active,
    activeSlots: row.active_slots,
    decayPerSecond: row.slot_decay_per_second,
    holders: holders.map((one) => ({
      type: one.holder_type,
      id: one.holder_id,
      slots: one.slots,
      since: one.acquired,
      until: one.expires_at,
    })),
    waiting: waiting.map(({ slots, since }) => ({ slots, since })),
  };
}
