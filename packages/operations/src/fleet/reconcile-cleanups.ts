import { fleet } from "@weir/db";
import type { Services } from "../services.ts";
import { expireCleanup } from "../worker/cleanups.ts";
import { eachFound } from "./enter.ts";

const BATCH = 500;

/**
 * Ends reservations of clean-ups whose workers fell silent: another worker is told, or nobody when enough have tried. Any
 * number may do so at once.
 */
export async function reconcileCleanups(services: Services): Promise<{ isMore: boolean }> {
  const found = await fleet(services.db).endedCleanups(BATCH);
  await eachFound(services, "watchdog", found, expireCleanup);
  return { isMore: found.length >= BATCH };
}
