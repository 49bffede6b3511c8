import type { Rule, TaskRunFacts } from "../types.ts";
import { anyOrNone } from "./state-sets.ts";

/** What was computed under a key is not computed again: the task ends as the one that completed under it did. */
export const retrieveFromCache: Rule<TaskRunFacts> = {
  name: "retrieve-from-cache",
  from: anyOrNone,
  to: new Set(["RUNNING"]),
  judge({ proposed, run }) {
    if (!proposed.details.cache_key || proposed.details.refresh_cache || !run.cached) return undefined;
    const { transition_id: _, ...details } = run.cached.details;
    const state = { ...run.cached, name: "Cached", details };
    return { kind: "reject", state, reason: "Retrieved state from cache" };
  },
};
