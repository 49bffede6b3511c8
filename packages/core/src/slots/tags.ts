import type { RunState } from "@weir/contracts";
import type { TagSlotEffect, TaskPolicy, TaskRunFacts } from "../types.ts";

/**
 * What entering `state` does to the slots that a task run holds of limits on its tags: to run, unforced, it needs one of
 * each, and holds them until it enters a state in which it does not run; `undefined` where nothing happens to any.
 */
export function tagSlots(policy: TaskPolicy, state: RunState, run: TaskRunFacts): TagSlotEffect | undefined {
  if (state.type !== "RUNNING") {
    return run.holdsTagSlots && state.type !== "CANCELLING" ? { kind: "release" } : undefined;
  }
  if (policy !== "core" || run.tagLimits.length === 0) return undefined;
  const tags = run.tagLimits.map(({ tag }) => tag);
  const missing = run.tagLimits.filter(({ isHeld }) => !isHeld).map(({ tag }) => tag);
  return missing.length > 0 ? { kind: "take", tags: missing } : { kind: "keep", tags };
}
