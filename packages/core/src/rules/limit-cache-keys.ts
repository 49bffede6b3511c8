import type { Rule, TaskRunFacts } from "../types.ts";
import { anyOrNone } from "./state-sets.ts";

/** Characters of the longest key that a completed task is cached under. */
export const MAX_CACHE_KEY = 2000;

/** A task whose key is too long completes all the same, is not cached, and is told why. */
export const limitCacheKeys: Rule<TaskRunFacts> = {
  name: "limit-cache-keys",
  from: anyOrNone,
  to: new Set(["COMPLETED"]),
  judge({ proposed }) {
    const length = proposed.details.cache_key?.length ?? 0;
    if (length <= MAX_CACHE_KEY) return undefined;
    const reason = `Cache key exceeded maximum allowed length of ${MAX_CACHE_KEY} characters.`;
    return { kind: "reject", state: proposed, reason };
  },
};
