import { addSeconds, type Micros } from "@weir/contracts";
import {
  cancelChildren,
  endCancelling,
  endOrphaned,
  endPaused,
  markLateRuns,
  markUnready,
  reclaimSlots,
  reconcileCleanups,
  watchSilence,
} from "@weir/operations";
import type { Loop } from "../run-loop.ts";

/** Cancelled runs of this long before the start are looked at once, in case nobody watched. */
const LOOK_BACK_SECONDS = 86_400;

/** What looks after runs and workers that have gone silent; each with a pace of its own. */
export function watchdog(): Loop[] {
  let after: Micros | undefined;
  return [
    { name: "watchdog", intervalMs: 5_000, pass: async (services) => (await markLateRuns(services)).isMore },
    { name: "watchdog", intervalMs: 1_000, pass: async (services) => (await reclaimSlots(services)).isMore },
    { name: "watchdog", intervalMs: 5_000, pass: async (services) => (await reconcileCleanups(services)).isMore },
    {
      name: "watchdog",
      intervalMs: 15_000,
      pass: async (services) => {
        await markUnready(services);
        return false;
      },
    },
    {
      name: "watchdog",
      intervalMs: 30_000,
      pass: async (services) => {
        await watchSilence(services);
        return false;
      },
    },
    {
      name: "watchdog",
      intervalMs: 5_000,
      pass: async (services) => {
        await endCancelling(services);
        await endPaused(services);
        await endOrphaned(services);
        const { isMore, next } = await cancelChildren(
          services,
          after ?? addSeconds(services.clock(), -LOOK_BACK_SECONDS),
        );
        after = next;
        return isMore;
      },
    },
  ];
}
