/** Failures after which a name must wait, and how long a failure counts, in seconds. */
const FAILURES = 5;
const WINDOW_SECONDS = 60;
const KEPT = 10_000;

type Count = { failures: number; until: number };

/**
 * Counts failed sign-ins by name, in this process: after five, the name waits out the minute. A throttle on the address
 * belongs to the load balancer, which alone knows it.
 */
export class SignInThrottle {
  private readonly counts = new Map<string, Count>();

  constructor(private readonly nowMs: () => number) {}

  /** Seconds that `name` must still wait; 0 when it may try. */
  waitSeconds(name: string): number {
    const count = this.counts.get(name);
    if (!count || count.failures < FAILURES) return 0;
    return Math.max(0, Math.ceil((count.until - this.nowMs()) / 1000));
  }

  /** Counts a failure. The minute begins anew with each. */
  failed(name: string): void {
    const now = this.nowMs();
    const known = this.counts.get(name);
    const failures = known && known.until > now ? known.failures + 1 : 1;
    this.counts.delete(name);
    this.counts.set(name, { failures, until: now + WINDOW_SECONDS * 1000 });
    if (this.counts.size > KEPT) this.counts.delete(this.counts.keys().next().value ?? "");
  }

  /** Forgets the failures of a name that has signed in. */
  succeeded(name: string): void {
    this.counts.delete(name);
  }
}
