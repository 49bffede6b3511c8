import { type Micros, parseInstant } from "@weir/contracts";
import type { Place, Stop } from "@weir/core";
import type { WaitingPlaceRow } from "@weir/db";
import type { Ctx } from "../define-verb.ts";
import { startedBy } from "../work-pool/types/all.ts";

/** Where runs of a queue wait, as rules look at it, and the row that it was read from. */
export type FoundPlace = { place: Place; row: WaitingPlaceRow };

/** Reads where runs of a queue wait. `undefined`: no such queue. */
export async function placeOf({ store, nowIso }: Ctx, queueId: string): Promise<FoundPlace | undefined> {
  const row = await store.waiting.place(queueId, nowIso);
  if (!row) return undefined;
  const workers = await store.waiting.workers(row.pool_id, nowIso);
  const place: Place = {
    pool: {
      id: row.pool_id,
      name: row.pool_name,
      type: row.pool_type,
      isPaused: row.pool_paused,
      pause: stopOf(row.pool_pause?.value()),
      limit: row.pool_limit,
      active: row.pool_active,
    },
    queue: {
      id: row.queue_id,
      name: row.queue_name,
      isPaused: row.queue_paused,
      pause: stopOf(row.queue_pause?.value()),
      limit: row.queue_limit,
      active: row.queue_active,
      lastPolled: instantOrNull(row.last_polled),
    },
    workers: workers.map((worker) => ({
      name: worker.name,
      isOnline: worker.is_online,
      lastHeartbeat: instant(worker.last_heartbeat_time),
    })),
    startedBy: startedBy(row.pool_type),
  };
  return { place, row };
}

/** Who stopped a thing and when, as it was kept: `{at, by}`. Null: it is not known. */
export function stopOf(kept: unknown): Stop | null {
  const stop = kept as { at: string; by: Stop["by"] } | null | undefined;
  return stop ? { at: instant(stop.at), by: stop.by } : null;
}

/** An instant that the database gave. */
export function instant(text: string): Micros {
  return parseInstant(text) ?? (0 as Micros);
}

/** As `instant`, of a column that may be null. */
export function instantOrNull(text: string | null): Micros | null {
  return text === null ? null : instant(text);
}
