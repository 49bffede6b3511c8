import type { Ratelimit } from "@upstash/ratelimit";

/** The way of counting that `Ratelimit` is given. */
export type Algorithm = ConstructorParameters<typeof Ratelimit>[0]["limiter"];

type Bucket = { tokens: number; at: number };

/** Buckets are looked through for full ones, which say nothing, when there are this many more than last time. */
const SWEEP_AT = 1_000;

/**
 * A token bucket per key in this process: `limit` tokens, refilled evenly over a minute. A cost is paid whole or not at
 * all; a negative one gives back. Exact for one process; replicas share counters in Redis.
 */
export function memoryLimiter(limit: number, clock: () => number = Date.now): Algorithm {
  const perMs = limit / 60_000;
  const buckets = new Map<string, Bucket>();
  let sweepAt = SWEEP_AT;

  const open = (key: string): Bucket => {
    const now = clock();
    const bucket = buckets.get(key) ?? { tokens: limit, at: now };
    bucket.tokens = Math.min(limit, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    return bucket;
  };
  const sweep = () => {
    for (const key of buckets.keys()) if (open(key).tokens >= limit) buckets.delete(key);
    sweepAt = buckets.size + SWEEP_AT;
  };

  return () => ({
    async limit(_ctx, key, cost = 1) {
      const bucket = open(key);
      const success = bucket.tokens >= cost;
      if (success) bucket.tokens = Math.min(limit, bucket.tokens - cost);
      buckets.set(key, bucket);
      if (buckets.size > sweepAt) sweep();
      const remaining = Math.floor(bucket.tokens);
      return { success, limit, remaining, reset: bucket.at, pending: Promise.resolve() };
    },
    async getRemaining(_ctx, key) {
      const bucket = open(key);
      return { remaining: bucket.tokens, reset: bucket.at + 1_000, limit };
    },
    async resetTokens(_ctx, key) {
      buckets.delete(key);
    },
  });
}
