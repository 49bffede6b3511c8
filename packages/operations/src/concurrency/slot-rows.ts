import { formatInstant, type Micros } from "@weir/contracts";
import type { SlotChange, SlotLimit, SlotVerdict } from "@weir/core";
import type { SlotAskers, SlotCommit, SlotLimitRow } from "@weir/db";
import { type HeldAsk, HOLD_MS } from "./held-calls.ts";

/** Who was told to come back keeps its place for the time it was told, and these seconds more. */
const KEPT_SECONDS = 10;

/** A limit as it is decided on, from its row. */
export function toLimit(row: SlotLimitRow): SlotLimit {
  return {
    id: row.id,
    name: row.name,
    limit: row.slot_limit,
    isActive: row.active,
    taken: row.taken,
    decayPerSecond: row.slot_decay_per_second,
    occupancySeconds: row.avg_slot_occupancy_seconds,
    waiting: row.waiting.value() as SlotLimit["waiting"],
    crowd: row.crowd_since === null ? null : { slots: row.crowd_slots, since: row.crowd_since as Micros },
  };
}

/** Whose places are looked for: who is held has one, who comes may have kept one. */
export function askersOf(asks: readonly HeldAsk[]): SlotAskers {
  const held = asks.filter(({ since }) => since !== undefined);
  const come = asks.filter(({ since }) => since === undefined);
  return { ids: held.map(({ id }) => id), keys: [...new Set(come.map(({ key }) => key))] };
}

/** What storing verdicts writes. `limits` is empty when there is nothing to store. */
export function toCommit(
  rows: readonly SlotLimitRow[],
  asks: readonly HeldAsk[],
  verdicts: readonly SlotVerdict[],
  { taken, waits, leaves }: SlotChange,
): Omit<SlotCommit, "ends"> {
  const now = performance.now();
  const heldSeconds = new Map<string, number>();
  asks.forEach(({ heldUntil }, index) => {
    const verdict = verdicts[index];
    if (verdict?.kind === "full") heldSeconds.set(verdict.id, Math.max(0, heldUntil - now) / 1_000);
  });
  const aliveSeconds = (seconds: number) => Math.max(HOLD_MS / 1_000, seconds) + KEPT_SECONDS;
  const waited = new Map<string, number>();
  for (const { limitId, seconds } of waits)
    waited.set(limitId, Math.max(waited.get(limitId) ?? 0, aliveSeconds(seconds)));
  const touched = new Set([...taken.keys(), ...waited.keys(), ...leaves.map((one) => one.limitId)]);
  return {
    limits: rows
      .filter((row) => touched.has(row.id))
      .map(({ id, version }) => ({ id, version, taken: taken.get(id) ?? 0, waitedSeconds: waited.get(id) ?? null })),
    leases: asks.flatMap(({ leaseId, slots, leaseSeconds, holder }, index) => {
      const verdict = verdicts[index];
      if (leaseId === null || verdict?.kind !== "granted") return [];
      const limitIds = verdict.limits.filter((limit) => limit.isActive).map((limit) => limit.id);
      if (limitIds.length === 0) return [];
      return [
        {
          id: leaseId,
          limitIds,
          slots,
          seconds: leaseSeconds,
          holderType: holder?.type ?? null,
          holderId: holder?.id ?? null,
        },
      ];
    }),
    waits: waits.map(({ seconds, since, ...wait }) => ({
      ...wait,
      since: formatInstant(since),
      heldSeconds: heldSeconds.get(wait.id) ?? 0,
      aliveSeconds: aliveSeconds(seconds),
    })),
    leaves,
  };
}
