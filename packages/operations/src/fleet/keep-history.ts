import { fleet } from "@weir/db";
import type { Services } from "../services.ts";

/** What one turn came to: partitions by name, rows by number. `isMore`: older runs are left for the next turn. */
export type Kept = { made: string[]; dropped: string[]; flowRuns: number; isMore: boolean };

/**
 * Makes the partitions that history and outbox need in the next days, drops those that are kept no longer, and deletes runs
 * that ended longer ago than their workspace keeps them.
 */
export async function keepHistory(services: Services): Promise<Kept> {
  const now = new Date(services.clock() / 1000);
  const { made, dropped } = await fleet(services.db).maintainHistory(now);
  const { flowRuns, isMore } = await fleet(services.db).forgetRuns(now);
  return { made, dropped, flowRuns, isMore };
}
