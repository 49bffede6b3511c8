import type { SlotAsk, SlotVerdict } from "@weir/core";
import type { Caller, Ctx } from "../define-verb.ts";
import { type HintSubscription, subscribeHints } from "../live/outbox.ts";

/** Somebody who asks for slots, and the lease that holds them; without one they are given back by whoever took them. */
export type Ask = SlotAsk & {
  leaseId: string | null;
  /** How long the lease lives; null is for ever. */
  leaseSeconds: number | null;
  holder: { type: string; id: string } | null;
};

/** An ask, and when the call stops being held, by `performance.now()`. */
export type HeldAsk = Ask & { heldUntil: number };

/** A call that is held open. */
export type HeldCall = {
  ask: HeldAsk;
  verdict: Full;
  /** There is no slot for it yet, again. */
  wait(verdict: Full): void;
  /** Answers it. False: it was answered before. */
  settle(out: Settled): boolean;
};

type Full = Extract<SlotVerdict, { kind: "full" }>;
type Settled = { verdict: SlotVerdict } | { error: unknown };

/** Calls are held open for this long at most: far within the 60 s after which clients give up. */
export const HOLD_MS = 5_000;

/** Who came together does not leave together, or slots would stand idle until they are back. */
const SPREAD = 0.4;

/** Calls held open at once in one process; more are told at once to come back. */
const MAX_HELD = 1_000;

/** What nobody tells of (a lease that expires) is looked for this often while calls are held. */
const LOOK_EVERY_MS = 1_000;

/** Until when a call that comes now is held, by `performance.now()`; `random` in [0, 1). */
export function heldUntil(random: number): number {
  return performance.now() + HOLD_MS * (1 - SPREAD * random);
}

/**
 * The calls of a workspace that this process holds open, without a connection or a lock, until there are slots for them:
 * freed here, told of by another process through the outbox, or decayed.
 */
export class HeldCalls {
  private readonly calls = new Map<string, HeldCall>();
  private hints: Promise<HintSubscription> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** `look` hears of limits that may have slots for those who are held. */
  constructor(
    private readonly ctx: Ctx,
    private readonly look: (limitIds: readonly string[]) => void,
  ) {}

  /** Nobody is held. */
  get isEmpty(): boolean {
    return this.calls.size === 0;
  }

  /**
   * Holds who found no slot until there is one, or it is time to come back, or nobody is there to be answered. `undefined`:
   * so many are held that this one is not.
   */
  hold(ask: HeldAsk, first: Full, caller: Caller): Promise<SlotVerdict> | undefined {
    const { id, since } = first;
    if (this.calls.size >= MAX_HELD || this.calls.has(id)) return undefined;
    caller.rest();
    return new Promise<SlotVerdict>((resolve, reject) => {
      let decay: NodeJS.Timeout | undefined;
      const call: HeldCall = {
        ask: { ...ask, id, since },
        verdict: first,
        wait: (verdict) => {
          if (this.calls.get(id) !== call) return;
          call.verdict = verdict;
          clearTimeout(decay);
          const decays = verdict.blockedBy.every((limit) => limit.decayPerSecond > 0);
          if (decays) decay = setTimeout(() => this.look(idsOf(verdict)), verdict.seconds * 1_000);
        },
        settle: (out) => {
          if (this.calls.get(id) !== call) return false;
          this.calls.delete(id);
          clearTimeout(deadline);
          clearTimeout(decay);
          forget();
          if (this.isEmpty) this.rest();
          if ("error" in out) reject(out.error);
          else resolve(out.verdict);
          return true;
        },
      };
      const deadline = setTimeout(() => call.settle({ verdict: call.verdict }), ask.heldUntil - performance.now());
      const forget = caller.onGone(() => {
        call.settle({ verdict: call.verdict });
        this.leave(call.verdict).catch(() => undefined);
      });
      this.calls.set(id, call);
      call.wait(first);
      this.watch(first);
    });
  }

  /** The oldest who are held before these limits: as many as could have slots if every one were free. */
  heads(limitIds: ReadonlySet<string>): HeldCall[] {
    if (limitIds.size === 0 || this.isEmpty) return [];
    const asked = new Map<string, number>();
    const inOrder = [...this.calls.values()].sort((one, other) => one.verdict.since - other.verdict.since);
    return inOrder.filter(({ ask, verdict }) =>
      verdict.blockedBy.some(({ id, limit }) => {
        if (!limitIds.has(id)) return false;
        const before = asked.get(id) ?? 0;
        asked.set(id, before + ask.slots);
        return before < limit;
      }),
    );
  }

  private async leave(verdict: Full): Promise<void> {
    await this.ctx.store.slots.leave([verdict.id], idsOf(verdict));
    this.look(idsOf(verdict));
  }

  /** Nothing is missed between the first look and the subscription: once that stands, there is another look. */
  private watch(first: Full): void {
    const { services, grant } = this.ctx;
    this.hints ??= subscribeHints(services, grant, ({ noun, keys }) => {
      if (noun === "concurrency_limit") this.look((keys as [string, number][]).map(([id]) => id));
    });
    this.timer ??= setInterval(() => {
      this.look([...this.calls.values()].flatMap(({ verdict }) => idsOf(verdict)));
    }, LOOK_EVERY_MS);
    this.hints.then(() => this.look(idsOf(first))).catch(() => undefined);
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.hints?.then((one) => one.stop()).catch(() => undefined);
    this.hints = undefined;
  }
}

function idsOf(verdict: Full): string[] {
  return verdict.blockedBy.map(({ id }) => id);
}
