import { fleet } from "@weir/db";
import type { Services } from "../services.ts";

/** Makes the partitions that history and outbox need in the next days, and drops those that are kept no longer. */
export async function keepHistory(services: Services): Promise<{ made: string[]; dropped: string[] }> {
  return fleet(services.db).maintainHistory(new Date(services.clock() / 1000));
}
