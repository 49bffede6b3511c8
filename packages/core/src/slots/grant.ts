import type { Micros } from "@weir/contracts";

/** A limit that slots are asked of, as it is now. `taken` has what decayed, and what expired, taken off. */
export type SlotLimit = {
  id: string;
  name: string;
  limit: number;
  isActive: boolean;
  taken: number;
  decayPerSecond: number;
  occupancySeconds: number;
  /** Who waits for it, in any order: the first whose slots together are all that there are, and whoever asks. */
  waiting: readonly SlotWaiter[];
  /** Slots that are waited for behind the first, and since when: they only make the wait longer. Null: there is nobody. */
  crowd: { slots: number; since: Micros } | null;
};

/** A place in a limit's queue. `isHeld`: a process still holds the call open, so nobody else may take the place up. */
export type SlotWaiter = { id: string; key: string; slots: number; since: Micros; isHeld: boolean };

/** Somebody who asks for slots of every limit of these names. `key` says who; empty when they do not tell. */
export type SlotAsk = {
  /** The id that its place in the queue has, or gets. */
  id: string;
  key: string;
  names: readonly string[];
  slots: number;
  mode: "concurrency" | "rate_limit";
  /** Since when it has its place; undefined for one that comes, or comes back. */
  since: Micros | undefined;
};

/** What becomes of an ask. `limits`: those of its names that exist. */
export type SlotVerdict =
  | { kind: "granted"; limits: readonly SlotLimit[] }
  | { kind: "full"; id: string; since: Micros; blockedBy: readonly SlotLimit[]; seconds: number }
  | { kind: "refused"; reason: string };

/** What storing the verdicts writes: slots taken of each limit, places taken up and given up. */
export type SlotChange = {
  taken: ReadonlyMap<string, number>;
  waits: readonly (Omit<SlotWaiter, "isHeld"> & { limitId: string; seconds: number })[];
  leaves: readonly { limitId: string; id: string }[];
};

/** Slots are counted in doubles, for they decay. */
const ROUNDING = 1e-9;

/** The longest that anybody is told to wait for a slot that does not decay, in seconds. */
const MAX_WAIT_SECONDS = 30;
const MAX_TAG_WAIT_SECONDS = 10;

/**
 * Grants slots, first come first served. An ask gets all its slots of all its limits, or none. Where it does not fit, it
 * takes a place in the queue of each limit that has no room for it, and of no other: who waits for one limit does not keep
 * another one idle. Those behind a place count its slots as taken, so that nobody overtakes, and nobody who needs many
 * slots starves among those who need few. Who was told to come back holds up nobody meanwhile, or slots would stand idle
 * for somebody who sleeps; the place is kept, and whoever comes back to it is before all who came later.
 */
export function grantSlots(
  limits: readonly SlotLimit[],
  asks: readonly SlotAsk[],
  now: Micros,
): { verdicts: SlotVerdict[]; change: SlotChange } {
  const queues = new Map(limits.map((limit) => [limit.name, new Queue(limit)]));
  const taken = new Map<string, number>();
  const waits: SlotChange["waits"][number][] = [];
  const leaves: SlotChange["leaves"][number][] = [];
  const verdicts: SlotVerdict[] = new Array(asks.length);
  // Those who have a place already go before those who come.
  const order = asks.map((ask, index) => ({ ask, index, since: ask.since ?? (Number.POSITIVE_INFINITY as Micros) }));
  order.sort((one, other) => (one.since === other.since ? one.index - other.index : one.since - other.since));

  for (const { ask, index } of order) {
    const found = [...new Set(ask.names)].flatMap((name) => queues.get(name) ?? []);
    const asked = found.filter(({ limit }) => limit.isActive);
    const reason = refusal(ask, asked);
    if (reason !== undefined) {
      verdicts[index] = { kind: "refused", reason };
      continue;
    }
    const place = placeOf(ask, asked, (now + index) as Micros);
    const full = asked.filter((queue) => !queue.hasRoom(ask.slots, place));
    for (const queue of asked) {
      if (!full.includes(queue) && queue.leave(place.id)) leaves.push({ limitId: queue.limit.id, id: place.id });
      if (full.length > 0) continue;
      queue.taken += ask.slots;
      taken.set(queue.limit.id, (taken.get(queue.limit.id) ?? 0) + ask.slots);
    }
    if (full.length === 0) {
      verdicts[index] = { kind: "granted", limits: found.map(({ limit }) => limit) };
      continue;
    }
    const seconds = Math.max(...full.map((queue) => queue.secondsUntil(ask.slots, place)));
    for (const queue of full) {
      const { limit } = queue;
      const isNew = queue.enter({ ...place, key: ask.key, slots: ask.slots, isHeld: true });
      // Who asks again keeps the place it stored; who came back takes it up anew.
      if (isNew || ask.since === undefined)
        waits.push({ ...place, key: ask.key, slots: ask.slots, limitId: limit.id, seconds });
    }
    verdicts[index] = { kind: "full", ...place, blockedBy: full.map(({ limit }) => limit), seconds };
  }
  return { verdicts, change: { taken, waits, leaves } };
}

function refusal(ask: SlotAsk, asked: readonly Queue[]): string | undefined {
  if (asked.some(({ limit }) => limit.limit < ask.slots)) return "Slots requested is greater than the limit";
  if (ask.mode !== "rate_limit") return undefined;
  const steady = asked.filter(({ limit }) => limit.decayPerSecond === 0).map(({ limit }) => limit.name);
  if (steady.length === 0) return undefined;
  return `Only concurrency limits with slot decay can be used for rate limiting. The following limits do not have a decay configured: '${steady.join(",")}'`;
}

type Place = { id: string; since: Micros };

/** The place an ask has: its own, or the oldest one that was kept for somebody like it, or a new one at the end. */
function placeOf(ask: SlotAsk, asked: readonly Queue[], atEnd: Micros): Place {
  if (ask.since !== undefined) return { id: ask.id, since: ask.since };
  let kept: Queue["places"][number] | undefined;
  for (const { places } of asked) {
    for (const place of places) {
      if (place.isHeld || place.key !== ask.key || place.slots !== ask.slots) continue;
      if (kept === undefined || isBefore(place, kept)) kept = place;
    }
  }
  if (kept === undefined) return { id: ask.id, since: atEnd };
  const { id, since } = kept;
  return { id, since };
}

/** One limit while asks are judged in turn. */
class Queue {
  taken: number;
  places: SlotWaiter[];

  constructor(readonly limit: SlotLimit) {
    this.taken = limit.taken;
    this.places = [...limit.waiting];
  }

  private lacking(slots: number, place: Place): number {
    let ahead = 0;
    for (const other of this.places)
      if (other.isHeld && other.id !== place.id && isBefore(other, place)) ahead += other.slots;
    return this.taken + ahead + slots - this.limit.limit;
  }

  hasRoom(slots: number, place: Place): boolean {
    return this.lacking(slots, place) <= ROUNDING;
  }

  /** About how long it takes until there is room: exact for what decays, else by how long slots were held of late. */
  secondsUntil(slots: number, place: Place): number {
    const { crowd, decayPerSecond, limit, name, occupancySeconds } = this.limit;
    const behind = crowd !== null && place.since >= crowd.since ? crowd.slots : 0;
    const lacking = this.lacking(slots, place) + behind;
    if (decayPerSecond > 0) return lacking / decayPerSecond;
    return Math.min(
      (occupancySeconds * lacking) / limit,
      name.startsWith("tag:") ? MAX_TAG_WAIT_SECONDS : MAX_WAIT_SECONDS,
    );
  }

  /** Takes a place up; true when there was none. */
  enter(place: SlotWaiter): boolean {
    const isNew = !this.leave(place.id);
    this.places.push(place);
    return isNew;
  }

  /** Gives a place up; true when there was one. */
  leave(id: string): boolean {
    const before = this.places.length;
    this.places = this.places.filter((place) => place.id !== id);
    return this.places.length < before;
  }
}

function isBefore(one: Place, other: Place): boolean {
  return one.since < other.since || (one.since === other.since && one.id < other.id);
}

/** How long to come back in, spread a little so that those refused together do not come back together. */
export function retryAfter(seconds: number, random: number): number {
  return Math.round(Math.max(0.05, Math.min(seconds, 60)) * (0.7 + 0.6 * random) * 1e3) / 1e3;
}
