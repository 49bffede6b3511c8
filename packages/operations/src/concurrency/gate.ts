import { formatInstant, type Micros, WeirError } from "@weir/contracts";
import { grantSlots, retryAfter, type SlotAsk, type SlotChange, type SlotLimit, type SlotVerdict } from "@weir/core";
import { Batcher, type SlotLimitRow } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { type HintSubscription, subscribeHints } from "../live/outbox.ts";
import type { Services } from "../services.ts";
import { KnownLimits } from "./known-limits.ts";

/** Somebody who asks for slots, and the lease that holds them; without one they are given back by whoever took them. */
export type Ask = SlotAsk & {
  leaseId: string | null;
  /** How long the lease lives; null is for ever. */
  leaseSeconds: number | null;
  holder: { type: string; id: string } | null;
  /** When the call stops being held, by `performance.now()`; undefined before it is. */
  heldUntil?: number;
};

/** What was granted. */
export type Granted = Extract<SlotVerdict, { kind: "granted" }>;

/** How long a call is held open for a slot: far within the 60 s after which clients give up. */
const HOLD_MS = 5_000;

/** Who was held comes back this soon, in seconds: a slot that is free must find somebody waiting. */
const AWAY_SECONDS = 1;

/** Calls held open at once in one process; more are told at once to come back. */
const MAX_HELD = 1_000;

/** Who was told to come back keeps its place for the time it was told, and these seconds more. */
const KEPT_SECONDS = 10;

/** What nobody tells of (a lease that expires) is looked for this often while calls are held. */
const LOOK_EVERY_MS = 1_000;

const TRIES = 50;

type Held = {
  ask: Ask;
  verdict: Extract<SlotVerdict, { kind: "full" }>;
  isAsking: boolean;
  settle(out: Settled): void;
};
type Settled = { verdict: SlotVerdict } | { error: unknown };

/**
 * The queue before a workspace's limits, as far as it stands in this process. Who asks at the same time is judged in one
 * load, one decision and one commit; who finds no slot is held, without a connection or a lock, until one is free: freed
 * here, told of by another process through the outbox, or decayed. Places are rows, so that order holds across processes.
 */
class Gate {
  private readonly asks: Batcher<Ask, SlotVerdict>;
  private readonly ended: Batcher<string, void>;
  private readonly held = new Map<string, Held>();
  private readonly known = new KnownLimits();
  private hints: Promise<HintSubscription> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ctx: Ctx) {
    this.asks = new Batcher({
      // Two batches under way would only lose races to each other: there is a second only when this is full.
      maxWeight: 256,
      isEveryonesFault: (error) => error instanceof WeirError && error.code === "unavailable",
      run: (asks) => this.inTurn(() => this.judge(asks)),
    });
    this.ended = new Batcher({
      isEveryonesFault: (error) => error instanceof WeirError && error.code === "unavailable",
      run: async (leaseIds) => {
        const freed = await this.inTurn(() => ctx.store.slots.release(leaseIds));
        this.known.freed(freed);
        this.freed(freed.map(({ id }) => id));
        return leaseIds.map(() => undefined);
      },
    });
  }

  /** Asks once. */
  ask(ask: Ask): Promise<SlotVerdict> {
    return this.asks.submit(ask);
  }

  /** Taking and giving back would lose races to each other: in one process they take turns. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }

  /** Ends a lease. */
  end(leaseId: string): Promise<void> {
    return this.ended.submit(leaseId);
  }

  /** Holds who found no slot until there is one, or it is time to come back, or nobody is there to be answered. */
  hold(ask: Ask, verdict: Held["verdict"], caller: Ctx["caller"]): Promise<SlotVerdict> {
    if (this.held.size >= MAX_HELD || this.held.has(verdict.id)) return Promise.resolve(verdict);
    caller.rest();
    return new Promise<SlotVerdict>((resolve, reject) => {
      const settle = (out: Settled) => {
        if (this.held.get(verdict.id) !== held) return;
        this.held.delete(verdict.id);
        clearTimeout(deadline);
        clearTimeout(decay);
        forget();
        if (this.held.size === 0) this.rest();
        if ("error" in out) reject(out.error);
        else resolve(out.verdict);
      };
      const held: Held = {
        ask: { ...ask, id: verdict.id, since: verdict.since, heldUntil: performance.now() + HOLD_MS },
        verdict,
        isAsking: false,
        settle,
      };
      const deadline = setTimeout(() => settle({ verdict: held.verdict }), HOLD_MS);
      const decays = verdict.blockedBy.every((limit) => limit.decayPerSecond > 0) && verdict.seconds * 1_000 < HOLD_MS;
      const decay = decays ? setTimeout(() => void this.retry([held]), verdict.seconds * 1_000) : undefined;
      const forget = caller.onGone(() => {
        settle({ verdict: held.verdict });
        this.leave(verdict).catch(() => undefined);
      });
      this.held.set(verdict.id, held);
      this.watch(held);
    });
  }

  /** Limits have slots again, or lost a waiter: whoever is held at the head of their queues asks again, oldest first. */
  freed(limitIds: readonly string[]): void {
    if (this.held.size > 0) void this.retry(this.heads(new Set(limitIds)));
  }

  /** The oldest who are held before limits (all when absent): as many as could have slots if every one were free. */
  private heads(limitIds?: ReadonlySet<string>): Held[] {
    const asked = new Map<string, number>();
    const inOrder = [...this.held.values()].sort((one, other) => one.verdict.since - other.verdict.since);
    return inOrder.filter(({ ask, verdict }) =>
      verdict.blockedBy.some(({ id, limit }) => {
        if (limitIds?.has(id) === false) return false;
        const before = asked.get(id) ?? 0;
        asked.set(id, before + ask.slots);
        return before < limit;
      }),
    );
  }

  private async leave({ id, blockedBy }: Held["verdict"]): Promise<void> {
    const limitIds = blockedBy.map((limit) => limit.id);
    await this.ctx.store.slots.leave([id], limitIds);
    this.freed(limitIds);
  }

  private async retry(all: readonly Held[]): Promise<void> {
    const served = new Set<string>();
    await Promise.all(
      all.map(async (one) => {
        // Who is held no more and asked again would leave a place that nobody stands in, before all who came later.
        if (one.isAsking || this.held.get(one.ask.id) !== one) return;
        one.isAsking = true;
        try {
          const verdict = await this.asks.submit(one.ask);
          if (verdict.kind === "granted") for (const { id } of verdict.limits) served.add(id);
          if (verdict.kind === "full") one.verdict = verdict;
          else if (this.held.get(one.ask.id) === one) one.settle({ verdict });
          else if (verdict.kind === "granted") await giveBack(this.ctx, one.ask);
        } catch (error) {
          one.settle({ error });
        } finally {
          one.isAsking = false;
        }
      }),
    );
    // There may be more where that came from: a limit that was raised has room for more than its heads.
    if (served.size > 0) this.freed([...served]);
  }

  /** Nothing is missed between the first look and the subscription: whoever comes asks once more after it. */
  private watch(first: Held): void {
    const { services, grant } = this.ctx;
    this.hints ??= subscribeHints(services, grant, ({ noun, keys }) => {
      if (noun === "concurrency_limit") this.freed((keys as [string, number][]).map(([id]) => id));
    });
    this.timer ??= setInterval(() => void this.retry(this.heads()), LOOK_EVERY_MS);
    this.hints.then(() => this.retry([first])).catch(() => undefined);
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.hints?.then((one) => one.stop()).catch(() => undefined);
    this.hints = undefined;
  }

  private async judge(asks: Ask[]): Promise<SlotVerdict[]> {
    const { slots } = this.ctx.store;
    const names = [...new Set(asks.flatMap((ask) => ask.names))];
    const granted = await this.grantByMemory(names, asks);
    if (granted) return granted;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const rows = await slots.load(names);
      if (rows.length === 0) return asks.map(() => ({ kind: "granted", limits: [] }));
      const withDead = rows.filter((row) => row.has_expired).map((row) => row.id);
      if (withDead.length > 0) {
        const freed = await slots.reclaim(withDead);
        if (freed.length > 0) continue;
      }
      const { verdicts, change } = grantSlots(rows.map(toLimit), asks, (rows[0]?.now ?? 0) as Micros);
      if (await this.store(rows, asks, verdicts, change)) return verdicts;
    }
    throw new WeirError(
      "unavailable",
      "The limit is being changed by many callers at once. Nothing was changed; try again.",
      {
        retryAfterSeconds: 1,
      },
    );
  }

  /** Grants what is asked by the limits as this process left them, if all of it can be and nobody else has changed one. */
  private async grantByMemory(names: readonly string[], asks: Ask[]): Promise<SlotVerdict[] | undefined> {
    const rows = this.known.recall(names);
    if (!rows) return undefined;
    const { verdicts, change } = grantSlots(rows.map(toLimit), asks, 0 as Micros);
    if (verdicts.some(({ kind }) => kind !== "granted")) return undefined;
    if (await this.store(rows, asks, verdicts, change)) return verdicts;
    this.known.wrong();
    return undefined;
  }

  private async store(
    rows: readonly SlotLimitRow[],
    asks: readonly Ask[],
    verdicts: readonly SlotVerdict[],
    { taken, waits, leaves }: SlotChange,
  ): Promise<boolean> {
    const aliveSeconds = (seconds: number) => Math.max(HOLD_MS / 1_000, seconds) + KEPT_SECONDS;
    const holdMs = new Map(
      asks.map(({ id, heldUntil }) => [id, heldUntil && Math.max(0, heldUntil - performance.now())]),
    );
    const waited = new Map<string, number>();
    for (const wait of waits)
      waited.set(wait.limitId, Math.max(waited.get(wait.limitId) ?? 0, aliveSeconds(wait.seconds)));
    const touched = new Set([...taken.keys(), ...waited.keys(), ...leaves.map((one) => one.limitId)]);
    if (touched.size === 0) return true;
    const leases = asks.flatMap((ask, index) => {
      const verdict = verdicts[index];
      if (ask.leaseId === null || verdict?.kind !== "granted" || verdict.limits.length === 0) return [];
      const limitIds = verdict.limits.filter((limit) => limit.isActive).map((limit) => limit.id);
      const { slots, leaseSeconds, holder } = ask;
      return [
        {
          id: ask.leaseId,
          limitIds,
          slots,
          seconds: leaseSeconds,
          holderType: holder?.type ?? null,
          holderId: holder?.id ?? null,
        },
      ];
    });
    const left = await this.ctx.store.slots.commit({
      limits: rows
        .filter((row) => touched.has(row.id))
        .map(({ id, version }) => ({ id, version, taken: taken.get(id) ?? 0, waitedSeconds: waited.get(id) ?? null })),
      leases,
      waits: waits.map(({ seconds, since, ...wait }) => ({
        ...wait,
        since: formatInstant(since),
        heldSeconds: (holdMs.get(wait.id) ?? HOLD_MS) / 1_000,
        aliveSeconds: aliveSeconds(seconds),
      })),
      leaves,
    });
    if (left) this.known.stored(rows, left, waits.length > 0 || leaves.length > 0);
    return left !== undefined;
  }
}

function toLimit(row: SlotLimitRow): SlotLimit {
  return {
    id: row.id,
    name: row.name,
    limit: row.slot_limit,
    isActive: row.active,
    taken: row.taken,
    decayPerSecond: row.slot_decay_per_second,
    occupancySeconds: row.avg_slot_occupancy_seconds,
    waiting: row.waiting.value() as SlotLimit["waiting"],
  };
}

/** Gives back what was granted to somebody who is gone. */
async function giveBack(ctx: Ctx, ask: Ask): Promise<void> {
  if (ask.leaseId === null) slotsFreed(ctx, await ctx.store.slots.give(ask.names, ask.slots, null));
  else await endLease(ctx, ask.leaseId);
}

/** Ends a lease and frees its slots, once; whoever waits for them has them at once. */
export function endLease(ctx: Ctx, leaseId: string): Promise<void> {
  return gateOf(ctx).end(leaseId);
}

const gates = new WeakMap<Services, Map<string, Gate>>();

/** The gate of a workspace in this process; made by the first who asks. */
function gateOf(ctx: Ctx): Gate {
  const { services, grant } = ctx;
  const all = gates.get(services) ?? new Map<string, Gate>();
  gates.set(services, all);
  const gate = all.get(grant.workspaceId) ?? new Gate(ctx);
  all.set(grant.workspaceId, gate);
  return gate;
}

/** Slots that were not to be had: `seconds` until it is worth to ask again, while the place is kept. */
export type Later = { kind: "later"; names: string[]; seconds: number };

/** What can never be granted, and why. */
type Refused = Extract<SlotVerdict, { kind: "refused" }>;

/**
 * Asks for slots of every limit of these names, or of none; waits a while where there are none, first come first served.
 * Names that no limit has do not limit. 503 when whoever asked is gone by then.
 */
export async function askSlots(ctx: Ctx, ask: Ask): Promise<Granted | Refused | Later> {
  const gate = gateOf(ctx);
  const began = performance.now();
  const first = await gate.ask(ask);
  const verdict = first.kind === "full" ? await gate.hold(ask, first, ctx.caller) : first;
  if (verdict.kind === "granted" && ctx.caller.isGone()) {
    await giveBack(ctx, ask);
    throw new WeirError("unavailable", "Nobody is there to use the slots.", { retryAfterSeconds: 1 });
  }
  if (verdict.kind !== "full") return verdict;
  const decays = verdict.blockedBy.every((limit) => limit.decayPerSecond > 0);
  const isCrowded = performance.now() - began < HOLD_MS;
  const seconds = decays || isCrowded ? verdict.seconds : Math.min(verdict.seconds, AWAY_SECONDS);
  return { kind: "later", names: verdict.blockedBy.map((limit) => limit.name), seconds };
}

/** Takes slots as `askSlots` does. 422 for what can never be granted, 423 with `Retry-After` when it takes longer. */
export async function takeSlots(ctx: Ctx, ask: Ask): Promise<Granted> {
  const verdict = await askSlots(ctx, ask);
  if (verdict.kind === "granted") return verdict;
  if (verdict.kind === "refused") throw new WeirError("invalid", verdict.reason);
  throw new WeirError(
    "locked",
    `No slot is free: ${verdict.names.join(", ")}. Ask again after the time in Retry-After; your place is kept.`,
    {
      retryAfterSeconds: retryAfter(verdict.seconds, Math.random()),
    },
  );
}

/** Tells those who are held in this process that limits may have slots; others are told through the outbox. */
export function slotsFreed(ctx: Ctx, freed: readonly { id: string }[]): void {
  if (freed.length > 0)
    gates
      .get(ctx.services)
      ?.get(ctx.grant.workspaceId)
      ?.freed(freed.map(({ id }) => id));
}
