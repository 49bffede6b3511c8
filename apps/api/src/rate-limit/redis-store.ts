import { createHash } from "node:crypto";
import { Redis } from "ioredis";

/** Longer than this and the limiter is in the way of the work it protects. */
const COMMAND_WITHIN_MS = 250;
const CONNECT_WITHIN_MS = 1_000;

/** What runs scripts: the part of ioredis that the store needs. */
export type ScriptRunner = {
  eval(script: string, keyCount: number, ...args: string[]): Promise<unknown>;
  evalsha(sha: string, keyCount: number, ...args: string[]): Promise<unknown>;
};

/**
 * Runs the scripts of @upstash/ratelimit on a plain Redis. They begin with a flag that only Upstash knows: the line is
 * taken off, so the script has another hash than the one the library asks for.
 */
export class RedisStore {
  /** The library's hash of a script → the hash Redis knows it by. */
  private readonly known = new Map<string, string>();

  constructor(private readonly runner: ScriptRunner) {}

  /** Runs a script by its hash; rejects with NOSCRIPT when it has to be sent first. */
  async evalsha(sha: string, keys: string[], args: unknown[]): Promise<unknown> {
    const own = this.known.get(sha);
    if (own === undefined) throw new Error("NOSCRIPT No matching script");
    return this.runner.evalsha(own, keys.length, ...keys, ...args.map(String));
  }

  /** Sends and runs a script. */
  async eval(script: string, keys: string[], args: unknown[]): Promise<unknown> {
    const plain = withoutShebang(script);
    const reply = await this.runner.eval(plain, keys.length, ...keys, ...args.map(String));
    this.known.set(sha1(script), sha1(plain));
    return reply;
  }
}

/** A script without its first `#!` line. */
export function withoutShebang(script: string): string {
  return script.startsWith("#!") ? script.slice(script.indexOf("\n") + 1) : script;
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** Connects to Redis; comes back without a connection when it does not answer, and keeps trying. */
export async function openRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    // While it is away calls go through unlimited at once, rather than wait for it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_WITHIN_MS,
    connectTimeout: CONNECT_WITHIN_MS,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 5_000),
  });
  redis.on("error", () => undefined);
  await Promise.race([
    redis.connect().catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, CONNECT_WITHIN_MS).unref()),
  ]);
  return redis;
}
