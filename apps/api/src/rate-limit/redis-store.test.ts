import { Ratelimit } from "@upstash/ratelimit";
import { expect, test } from "vitest";
import { RedisStore, type ScriptRunner, withoutShebang } from "./redis-store.ts";

test("a script is sent once, without the line that only Upstash knows, then called by the hash Redis gave it", async () => {
  const calls: string[][] = [];
  const runner: ScriptRunner = {
    eval: async (script, _count, ...args) => {
      calls.push(["eval", script.slice(0, 2), ...args]);
      return [4, Date.now() + 1_000, 5];
    },
    evalsha: async (sha, _count, ...args) => {
      calls.push(["evalsha", sha, ...args]);
      return [3, Date.now() + 1_000, 5];
    },
  };
  const counted = new Ratelimit({
    redis: new RedisStore(runner) as never,
    limiter: Ratelimit.tokenBucket(5, "1s", 5),
    prefix: "p",
    ephemeralCache: false,
  });
  expect((await counted.limit("a")).remaining).toBe(4);
  expect((await counted.limit("a", { rate: 2 })).remaining).toBe(3);
  expect(calls.map(([how]) => how)).toEqual(["eval", "evalsha"]);
  expect(calls[0]?.[1]).not.toBe("#!");
  expect(calls[1]?.[1]).toMatch(/^[0-9a-f]{40}$/);
  // Arguments are text: ioredis would send "[object Object]" for what is none.
  expect(calls.flat().every((part) => typeof part === "string")).toBe(true);
});

test("only a first line that is one is taken off", () => {
  expect(withoutShebang("#!lua flags=allow-key-locking\nreturn 1")).toBe("return 1");
  expect(withoutShebang("return '#!'")).toBe("return '#!'");
});
