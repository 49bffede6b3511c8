import { WeirError } from "@weir/contracts";
import type { DeploymentForRuns } from "@weir/db";
import type { Ctx } from "../define-verb.ts";

/** How often a deployment that has changed by the time its run is stored is read again. */
const TRIES = 3;

/**
 * Makes something of a deployment as it is (`undefined`: there is none) when that is stored: `make` gives "stale" when it was
 * no longer so. First by what this process remembers of it: if that is out of date, or a reason to refuse, by what is read
 * now. A deployment that never stands still is 503.
 */
export async function forRuns<Made>(
  { store }: Ctx,
  id: string | null | undefined,
  make: (deployment: DeploymentForRuns | undefined) => Promise<Made | "stale">,
): Promise<Made> {
  const recalled = id ? store.deployments.recalled(id) : undefined;
  if (recalled) {
    try {
      const made = await make(recalled);
      if (made !== "stale") return made;
    } catch (error) {
      if (!(error instanceof WeirError) || error.code === "unavailable") throw error;
    }
  }
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const made = await make(id ? await store.deployments.forRuns(id) : undefined);
    if (made !== "stale") return made;
  }
  throw new WeirError("unavailable", "The deployment is being changed all the time. No run was made; try again.", {
    retryAfterSeconds: 1,
  });
}
