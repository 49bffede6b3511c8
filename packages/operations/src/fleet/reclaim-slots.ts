import { fleet } from "@weir/db";
import { slotsFreed } from "../concurrency/gate.ts";
import type { Services } from "../services.ts";
import { eachFound } from "./enter.ts";

const BATCH = 1_000;

/** Takes back the slots of leases that expired or were abandoned, and lets in whoever waits for them. Any number may do so at once. */
export async function reclaimSlots(services: Services): Promise<{ isMore: boolean }> {
  await fleet(services.db).endAbandonedLeases();
  const found = await fleet(services.db).expiredLeases(BATCH);
  await eachFound(services, "watchdog", found, async (ctx, id) => slotsFreed(ctx, await ctx.store.slots.reclaim([id])));
  await fleet(services.db).forgetWaits();
  return { isMore: found.length >= BATCH };
}
