import { type Micros, WeirError } from "@weir/contracts";
import { grantSlots, retryAfter, type SlotChange, type SlotVerdict } from "@weir/core";
import { Batcher, Memory, type SlotLimitRow } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import type { Services } from "../services.ts";
import { type Ask, type HeldAsk, type HeldCall, HeldCalls, heldUntil } from "./held-calls.ts";
import { KnownLimits } from "./known-limits.ts";
import { askersOf, toCommit, toLimit } from "./slot-rows.ts";

/** What was granted. */
export type Granted = Extract<SlotVerdict, { kind: "granted" }>;

/** What a gate is asked for: slots, the end of a lease, or only another look at who is held. */
type Call = { ask?: HeldAsk; end?: string };

/** Who was held comes back this soon, in seconds: a slot that is free must find somebody waiting. */
const AWAY_SECONDS = 1;

/** Leases whose limits a process keeps in mind. */
const LEASES = 10_000;

const TRIES = 50;

const NOTHING_ASKED: Granted = { kind: "granted", limits: [] };

/**
 * The queue before a workspace's limits, as far as it stands in this process. What comes at the same time is one load, one
 * decision and one commit: leases that end, those who are held for their slots, and those who come, in this order. Who finds
 * no slot is held. Places are rows, so that order holds across processes.
 */
class Gate {
  private readonly calls: Batcher<Call, SlotVerdict>;
  private readonly held: HeldCalls;
  private readonly known = new KnownLimits();
  /** The limits of leases that were granted here: by them a lease's end finds those who are held for its slots. */
  private readonly leased = new Memory<readonly string[]>(LEASES, () => 1);
  /** Limits that may have slots for those who are held. While there are any, a batch is to come that asks for them. */
  private due = new Set<string>();

  constructor(private readonly ctx: Ctx) {
    this.held = new HeldCalls(ctx, (limitIds) => this.freed(limitIds));
    this.calls = new Batcher({
      maxWeight: 256,
      // Two at once would only lose races to each other.
      atOnce: 1,
      isEveryonesFault,
      run: (calls) => this.serve(calls),
    });
  }

  /** Asks once. */
  ask(ask: HeldAsk): Promise<SlotVerdict> {
    return this.calls.submit({ ask });
  }

  /** Holds who found no slot; see `HeldCalls.hold`. */
  hold(...call: Parameters<HeldCalls["hold"]>): Promise<SlotVerdict> | undefined {
    return this.held.hold(...call);
  }

  /** Ends a lease. */
  async end(leaseId: string): Promise<void> {
    for (const id of this.leased.get(leaseId) ?? []) this.due.add(id);
    this.leased.forget(leaseId);
    await this.calls.submit({ end: leaseId });
  }

  /** Limits have slots again, or lost a waiter: whoever is held at the head of their queues asks again, oldest first. */
  freed(limitIds: readonly string[]): void {
    if (this.held.isEmpty || limitIds.length === 0) return;
    const isToCome = this.due.size > 0;
    for (const id of limitIds) this.due.add(id);
    // Should it fail, those who ask in it are told.
    if (!isToCome) this.calls.submit({}).catch(() => undefined);
  }

  private async serve(calls: readonly Call[]): Promise<SlotVerdict[]> {
    const { due } = this;
    this.due = new Set();
    const heads = this.held.heads(due);
    const asks = [...heads, ...calls].flatMap(({ ask }) => ask ?? []);
    const ends = calls.flatMap(({ end }) => end ?? []);
    try {
      const judged = await this.judge(asks, ends);
      const verdicts = new Map(asks.map((ask, index) => [ask, judged[index]]));
      this.answer(heads, verdicts);
      return calls.map(({ ask }) => (ask && verdicts.get(ask)) ?? NOTHING_ASKED);
    } catch (error) {
      // Who is held is not to blame for what another asked.
      if (!isEveryonesFault(error) && calls.some(({ ask }) => ask)) this.freed([...due]);
      else for (const head of heads) head.settle({ error });
      throw error;
    }
  }

  private answer(heads: readonly HeldCall[], verdicts: ReadonlyMap<Ask, SlotVerdict | undefined>): void {
    const served = new Set<string>();
    const full = new Set<string>();
    for (const head of heads) {
      const verdict = verdicts.get(head.ask);
      if (!verdict) continue;
      if (verdict.kind === "full") {
        head.wait(verdict);
        for (const { id } of verdict.blockedBy) full.add(id);
        continue;
      }
      const isThere = head.settle({ verdict });
      if (verdict.kind === "refused") continue;
      for (const { id } of verdict.limits) served.add(id);
      if (!isThere) giveBack(this.ctx, head.ask).catch(() => undefined);
    }
    // Where every head was served there may be room for more than the heads: a limit was raised.
    this.freed([...served].filter((id) => !full.has(id)));
  }

  private async judge(asks: readonly HeldAsk[], ends: readonly string[]): Promise<SlotVerdict[]> {
    const { slots } = this.ctx.store;
    const names = [...new Set(asks.flatMap((ask) => ask.names))];
    let ending = ends;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const remembered = attempt === 0 ? this.known.recall(names) : undefined;
      const rows = remembered ?? (await slots.load(names, askersOf(asks), ending));
      const withDead = rows.filter((row) => row.has_expired).map((row) => row.id);
      if (withDead.length > 0) {
        const freed = await slots.reclaim(withDead);
        this.freed(freed.map(({ id }) => id));
        if (freed.length > 0) continue;
      }
      const { verdicts, change } = grantSlots(rows.map(toLimit), asks, (rows[0]?.now ?? 0) as Micros);
      // What is remembered tells who can be granted, not who must wait.
      if (remembered && verdicts.some(({ kind }) => kind !== "granted")) continue;
      if (await this.store(rows, asks, verdicts, change, ending)) return verdicts;
      if (remembered) this.known.wrong();
      ending = [];
    }
    throw new WeirError(
      "unavailable",
      "The limit is being changed by many callers at once. Nothing was changed; try again.",
      {
        retryAfterSeconds: 1,
      },
    );
  }

  /** Ends leases and stores what was decided. False: the leases ended, but a limit was no longer as it was when decided on. */
  private async store(
    rows: readonly SlotLimitRow[],
    asks: readonly HeldAsk[],
    verdicts: readonly SlotVerdict[],
    change: SlotChange,
    ends: readonly string[],
  ): Promise<boolean> {
    const commit = toCommit(rows, asks, verdicts, change);
    if (commit.limits.length === 0 && ends.length === 0) return true;
    const { isStored, left } = await this.ctx.store.slots.commit({ ...commit, ends });
    const isBusy = commit.waits.length > 0 || commit.leaves.length > 0;
    this.known.left(left, isStored ? rows : [], isBusy);
    if (isStored) for (const { id, limitIds } of commit.leases) this.leased.set(id, limitIds);
    this.freed(left.filter((limit) => limit.isOpen).map(({ id }) => id));
    return isStored;
  }
}

function isEveryonesFault(error: unknown): boolean {
  return error instanceof WeirError && error.code === "unavailable";
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
  const held = { ...ask, heldUntil: heldUntil(Math.random()) };
  const first = await gate.ask(held);
  const later = first.kind === "full" ? gate.hold(held, first, ctx.caller) : undefined;
  const verdict = (await later) ?? first;
  if (verdict.kind === "granted" && ctx.caller.isGone()) {
    await giveBack(ctx, ask);
    throw new WeirError("unavailable", "Nobody is there to use the slots.", { retryAfterSeconds: 1 });
  }
  if (verdict.kind !== "full") return verdict;
  const decays = verdict.blockedBy.every((limit) => limit.decayPerSecond > 0);
  const seconds = decays || !later ? verdict.seconds : Math.min(verdict.seconds, AWAY_SECONDS);
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
