import type { Micros } from "@weir/contracts";
import type { Refusal } from "@weir/operations";

/** What is counted: API calls, and log lines with events. */
export type BucketName = "api" | "events";

/** How long a refusal is remembered. */
const KEPT_MS = 60_000;
/** Old ones are looked for when there are this many more accounts than last time. */
const SWEEP_AT = 1_000;

const told: Record<BucketName, string> = { api: "API calls", events: "log lines and events" };

/** Who was refused something by this process of late. Written to only as something is refused. */
export class Refusals {
  private readonly known = new Map<string, { limit: number; since: number; last: number; refused: number }>();
  private sweepAt = SWEEP_AT;

  constructor(private readonly clock: () => number = Date.now) {}

  /** Notes that an account was refused something of a bucket that holds `limit` a minute. */
  note(name: BucketName, accountId: string, limit: number): void {
    const key = `${name} ${accountId}`;
    const now = this.clock();
    const before = this.known.get(key);
    const goesOn = before !== undefined && now - before.last < KEPT_MS;
    const { since, refused } = goesOn ? before : { since: now, refused: 0 };
    this.known.set(key, { limit, since, last: now, refused: refused + 1 });
    if (this.known.size > this.sweepAt) this.sweep(now);
  }

  /** What an account is being refused: since when, without a whole minute in between, and how often. */
  of(accountId: string): Refusal[] {
    const now = this.clock();
    return (["api", "events"] as const).flatMap((name) => {
      const one = this.known.get(`${name} ${accountId}`);
      if (!one || now - one.last >= KEPT_MS) return [];
      const at = (ms: number) => (ms * 1_000) as Micros;
      return [
        { what: told[name], perMinute: one.limit, refused: one.refused, since: at(one.since), last: at(one.last) },
      ];
    });
  }

  private sweep(now: number): void {
    for (const [key, { last }] of this.known) if (now - last >= KEPT_MS) this.known.delete(key);
    this.sweepAt = this.known.size + SWEEP_AT;
  }
}
