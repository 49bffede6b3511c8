import { addSeconds, formatInstant } from "@weir/contracts";
import { fleet } from "@weir/db";
import type { Services } from "../services.ts";
import { POLLED_WITHIN_SECONDS } from "../work-queue/verbs.ts";

/** Marks silent workers offline, pools without a worker, and queues and deployments that nobody polls, not ready; forgets handed out tasks. */
export async function markUnready(
  services: Services,
): Promise<{ workers: number; pools: number; queues: number; deployments: number }> {
  const now = services.clock();
  const offline = await fleet(services.db).markOffline(formatInstant(now));
  const unpolled = await fleet(services.db).markUnpolled(
    formatInstant(now),
    formatInstant(addSeconds(now, -POLLED_WITHIN_SECONDS)),
  );
  await fleet(services.db).forgetHandedOut();
  return { ...offline, ...unpolled };
}
