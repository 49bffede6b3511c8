import { WeirError } from "@weir/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RateLimits, Verdict } from "../rate-limit/rate-limits.ts";

declare module "fastify" {
  interface FastifyInstance {
    rateLimits: RateLimits | undefined;
  }
  interface FastifyRequest {
    /** How the account's allowance stands, for the answer's headers. */
    rateVerdict: Verdict | undefined;
    /** Whose allowance the call was counted against. */
    countedFor: string | undefined;
  }
  interface FastifyContextConfig {
    /** Each element of the body counts as a log line or event. */
    countsElements?: boolean;
  }
}

/** Counts calls, log lines and events of each account. Answers carry how the allowance stands, refusals when to come back. */
export function rateLimit(app: FastifyInstance, limits: RateLimits | undefined): void {
  app.decorate("rateLimits", limits);
  app.decorateRequest("rateVerdict", undefined);
  app.decorateRequest("countedFor", undefined);
  if (!limits) return;
  app.addHook("onSend", async ({ rateVerdict }, reply) => {
    if (!rateVerdict) return;
    reply.header("x-ratelimit-limit", String(rateVerdict.limit));
    reply.header("x-ratelimit-remaining", String(rateVerdict.remaining));
    reply.header("x-ratelimit-reset", String(rateVerdict.resetSeconds));
  });
  app.addHook("onError", async ({ countedFor }, _reply, error: unknown) => {
    if (countedFor && error instanceof WeirError && error.cost > 0) await limits.charge("api", countedFor, error.cost);
  });
  app.addHook("onClose", () => limits.close());
}

/** Counts a call of an account; throws 429 when the account has used up its minute. */
export async function countCall(request: FastifyRequest, accountId: string): Promise<void> {
  const limits = request.server.rateLimits;
  if (!limits) return;
  request.countedFor = accountId;
  check(request, await limits.spend("api", accountId, 1), "API calls");
  if (!request.routeOptions.config.countsElements || !Array.isArray(request.body)) return;
  check(request, await limits.spend("events", accountId, request.body.length), "log lines and events");
}

function check(request: FastifyRequest, verdict: Verdict | undefined, what: string): void {
  if (!verdict) return;
  if (verdict.allowed) {
    request.rateVerdict ??= verdict;
    return;
  }
  request.rateVerdict = verdict;
  const { limit, retryAfterSeconds } = verdict;
  throw new WeirError(
    "rate_limited",
    `This account may send ${limit} ${what} a minute. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}
