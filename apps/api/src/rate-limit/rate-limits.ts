import { Ratelimit } from "@upstash/ratelimit";
import { type Algorithm, memoryLimiter } from "./memory-limiter.ts";
import { openRedis, RedisStore } from "./redis-store.ts";
import { type BucketName, Refusals } from "./refusals.ts";

/** Whether a cost was paid, and how the bucket stands after it. Times in whole seconds. */
export type Verdict = {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Until the whole allowance is back. */
  resetSeconds: number;
  /** Until the cost can be paid; 0 when it was. */
  retryAfterSeconds: number;
};

/** Allowances per account and minute, 0 for none; and where counters are kept: in this process without `redisUrl`. */
export type RateLimitOptions = {
  apiPerMinute: number;
  eventsPerMinute: number;
  redisUrl?: string;
  warn(error: unknown): void;
};

const WARN_EVERY_MS = 60_000;
const REFILL_EVERY_MS = 1_000;

/** Counts what accounts use. When the counters cannot be reached, nothing is refused. */
export class RateLimits {
  /** What this process has refused of late. */
  readonly refusals = new Refusals();
  private warnedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly buckets: ReadonlyMap<BucketName, { ratelimit: Ratelimit; limit: number }>,
    private readonly options: RateLimitOptions,
    readonly close: () => Promise<void>,
  ) {}

  /** Opens the counters; `undefined` when nothing is limited. */
  static async open(options: RateLimitOptions): Promise<RateLimits | undefined> {
    const wanted = (
      [
        ["api", options.apiPerMinute],
        ["events", options.eventsPerMinute],
      ] as const
    ).filter(([, limit]) => limit > 0);
    if (wanted.length === 0) return undefined;
    const redis = options.redisUrl === undefined ? undefined : await openRedis(options.redisUrl);
    const store = redis ? new RedisStore(redis) : {};
    const buckets = wanted.map(([name, limit]) => {
      const limiter = redis ? redisLimiter(limit) : memoryLimiter(limit);
      // The library types its whole client; with these algorithms it calls only what RedisStore has.
      const config = { redis: store as never, limiter, prefix: `weir:rate:${name}`, ephemeralCache: false } as const;
      return [name, { ratelimit: new Ratelimit(config), limit }] as const;
    });
    return new RateLimits(new Map(buckets), options, async () => redis?.disconnect());
  }

  /**
   * Pays `cost` from an account's bucket, whole or not at all; `undefined` when that bucket has no limit or cannot be
   * reached. What costs more than a whole minute's allowance is paid with all of it.
   */
  async spend(name: BucketName, accountId: string, cost: number): Promise<Verdict | undefined> {
    const bucket = this.buckets.get(name);
    if (!bucket || cost <= 0) return undefined;
    const { ratelimit, limit } = bucket;
    const rate = Math.min(cost, limit);
    try {
      const { success, remaining, reason } = await ratelimit.limit(accountId, { rate });
      if (reason === "timeout") throw new Error("the rate limit's counters did not answer in time");
      if (!success) this.refusals.note(name, accountId, limit);
      const tokens = success ? remaining : tokensNow(await ratelimit.getRemaining(accountId), limit);
      return {
        allowed: success,
        limit,
        remaining: Math.floor(tokens),
        resetSeconds: secondsUntil(limit, tokens, limit),
        retryAfterSeconds: success ? 0 : Math.max(1, secondsUntil(rate, tokens, limit)),
      };
    } catch (error) {
      this.warn(error);
      return undefined;
    }
  }

  /** Pays `cost`, or what is left of the allowance: for what was done already. */
  async charge(name: BucketName, accountId: string, cost: number): Promise<void> {
    const bucket = this.buckets.get(name);
    if (!bucket) return;
    try {
      const tokens = tokensNow(await bucket.ratelimit.getRemaining(accountId), bucket.limit);
      await this.spend(name, accountId, Math.min(cost, Math.floor(tokens)));
    } catch (error) {
      this.warn(error);
    }
  }

  /** Pays when it can be paid, but waits no longer than `atMostMs`: a sender is slowed down, never refused. */
  async pace(name: BucketName, accountId: string, cost: number, atMostMs: number): Promise<void> {
    const deadline = Date.now() + atMostMs;
    for (;;) {
      const verdict = await this.spend(name, accountId, cost);
      const left = deadline - Date.now();
      if (!verdict || verdict.allowed || left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(verdict.retryAfterSeconds * 1_000, left)));
    }
  }

  private warn(error: unknown): void {
    const now = performance.now();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = now;
    this.options.warn(error);
  }
}

function redisLimiter(limit: number): Algorithm {
  return Ratelimit.tokenBucket(limit / 60, `${REFILL_EVERY_MS}ms`, limit);
}

/** Redis tells the tokens at the last refill and when the next is due; those since are counted here. */
function tokensNow({ remaining, reset }: { remaining: number; reset: number }, limit: number): number {
  const refills = Math.floor((Date.now() - reset) / REFILL_EVERY_MS) + 1;
  return Math.min(limit, Number(remaining) + Math.max(0, refills) * (limit / 60));
}

function secondsUntil(wanted: number, tokens: number, limit: number): number {
  return Math.max(0, Math.ceil((wanted - tokens) / (limit / 60)));
}
