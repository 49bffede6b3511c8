import type { Micros } from "@weir/contracts";
import { type Check, check, told } from "./check.ts";

/** That an account may not send so much: what of, how much a minute, how often it was refused, and from when to when. */
export type Refusal = { what: string; perMinute: number; refused: number; since: Micros; last: Micros };

/** Workers and engines that are told to come back later poll late, and report late. */
export function throttleCheck(refusals: readonly Refusal[]): Check {
  const [first] = refusals;
  return check(
    "account_throttled",
    first === undefined,
    {
      refusals: refusals.map(({ what, perMinute, refused, since, last }) => ({
        what,
        per_minute: perMinute,
        refused,
        since: told(since),
        last: told(last),
      })),
    },
    {
      fix: `Call less often, or have the allowance raised: the account may send ${first?.perMinute} ${first?.what} a minute, and what is beyond is answered 429.`,
    },
  );
}
