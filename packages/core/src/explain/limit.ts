import type { WorkspaceScope } from "@weir/contracts";
import { type Check, check } from "./check.ts";

/** A concurrency limit and who has to do with it. Instants are ISO text; holders and waiters are the first come. */
export type LimitWait = {
  name: string;
  limit: number;
  active: boolean;
  activeSlots: number;
  decayPerSecond: number;
  holders: readonly { type: string | null; id: string | null; slots: number; since: string; until: string | null }[];
  waiting: readonly { slots: number; since: string }[];
};

/**
 * Whether a limit lets anyone in. `code` and `needs` say whose limit it is: a deployment's is raised with the deployment.
 * A limit that is switched off holds nobody.
 */
export function limitCheck(
  wait: LimitWait,
  code: "concurrency_limit" | "deployment_limit",
  needs: WorkspaceScope,
): Check {
  const { name, limit, active, activeSlots, decayPerSecond, holders, waiting } = wait;
  const [next] = holders
    .map(({ until }) => until)
    .filter((until) => until !== null)
    .sort();
  const soon = next === undefined ? "" : ` The first lease ends at ${next} unless it is renewed.`;
  const decay = decayPerSecond > 0 ? ` ${decayPerSecond} slots come free each second.` : "";
  return check(
    code,
    !active || activeSlots < limit,
    { name, limit, active_slots: activeSlots, slot_decay_per_second: decayPerSecond, holders, waiting },
    { fix: `Wait for a holder to end, raise the limit, or reset it if its holders are gone.${decay}${soon}`, needs },
  );
}
