import {
  addSeconds,
  formatInstant,
  isAfter,
  type JsonText,
  type LogFilter,
  type Micros,
  parseInstant,
} from "@weir/contracts";
import type { EventRow } from "@weir/db";
import { checkEvent, eventMatches, type TestedEvent } from "@weir/events";
import { type Ctx, openCtx } from "../define-verb.ts";
import { type EventFilter, toQuery } from "../event/filter.ts";
import { wireEvent } from "../event/verbs.ts";
import { wireLog } from "../log/verbs.ts";
import type { Services } from "../services.ts";
import { subscribeHints } from "./outbox.ts";

const BACKFILL_SECONDS = 15 * 60;
const BACKFILL_PAGE = 250;
/** How far back a log stream looks again: lines of one run come from several processes and out of order. */
const LOG_OVERLAP_SECONDS = 30;
const PATIENCE_MS = 60_000;

/** A running stream. */
export type Stream = { stop(): void };

/** Where a stream goes. `broken`: it could not go on; the reader must come again, and ask for what it missed. */
export type Sink<T> = { send(one: T): void; broken(error: unknown): void };

type Pulled = { row: EventRow; event: TestedEvent & { occurred: Micros } };

/** Rows of a hint are read once for all streams of a workspace in this process. */
const pulls = new WeakMap<unknown[], Promise<Pulled[]>>();

/**
 * Sends a workspace's events that match a filter, as they are stored; first, when asked, those stored in the last quarter
 * of an hour. None twice, none left out in between. Events are sent only after they can be read.
 */
export async function streamEvents(
  services: Services,
  grant: Ctx["grant"],
  filter: EventFilter,
  backfill: boolean,
  { send, broken }: Sink<JsonText>,
): Promise<Stream> {
  const ctx = openCtx(services, grant);
  const query = { ...toQuery(filter, ctx.now), order: "ASC" as const };
  const since = filter.occurred?.since ?? formatInstant(ctx.now);
  const until = parseInstant(filter.occurred?.until ?? "9999-01-01T00:00:00Z") ?? (Number.MAX_SAFE_INTEGER as Micros);
  const sent = new Set<string>();
  let waiting: Pulled[] | undefined = [];
  let stopped = false;

  const offer = ({ row, event }: Pulled) => {
    if (stopped || sent.has(row.id) || event.occurred > until || !eventMatches(query, event)) return;
    remember(sent, row.id);
    send(wireEvent(row));
  };
  let order = Promise.resolve();
  const subscription = await subscribeHints(services, grant, (hint) => {
    if (hint.noun !== "event") return;
    const pull = pullOnce(ctx, hint.keys);
    order = order.then(async () => {
      for (const one of await pull) waiting ? waiting.push(one) : offer(one);
    });
    order.catch(broken);
  });
  if (backfill) {
    const earliest = formatInstant(addSeconds(ctx.now, -BACKFILL_SECONDS));
    const bounded = {
      ...query,
      occurred: { since: laterOf(since, earliest), until: formatInstant(addSeconds(ctx.now, 60)) },
    };
    let after: readonly [string, string] | undefined;
    for (;;) {
      const rows = await ctx.store.events.list(bounded, after, BACKFILL_PAGE);
      for (const row of rows) {
        remember(sent, row.id);
        if (!stopped) send(wireEvent(row));
      }
      const last = rows.at(-1);
      if (!last || rows.length < BACKFILL_PAGE) break;
      after = [last.occurred, last.id];
    }
  }
  const early = waiting;
  waiting = undefined;
  early.forEach(offer);
  return {
    stop() {
      stopped = true;
      subscription.stop();
    },
  };
}

function pullOnce(ctx: Ctx, keys: unknown[]): Promise<Pulled[]> {
  let pull = pulls.get(keys);
  if (!pull) {
    pull = patiently(() => pullEvents(ctx, keys as [string, string][]));
    // Whoever waits for it is told; until somebody does, it is nobody's fault.
    pull.catch(() => undefined);
    pulls.set(keys, pull);
  }
  return pull;
}

async function pullEvents({ store }: Ctx, keys: [string, string][]): Promise<Pulled[]> {
  const rows = await store.events.byKeys(keys);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const pulled: Pulled[] = [];
  for (const [, id] of keys) {
    const row = byId.get(id);
    const event = row && checkEvent(row.body.value(), row.body.text);
    if (row && event && typeof event !== "string")
      pulled.push({ row, event: { ...event, occurred: parseInstant(event.occurred) ?? (0 as Micros) } });
  }
  // Those that were stored together are told in no order.
  return pulled.sort((one, other) => one.event.occurred - other.event.occurred);
}

/**
 * Sends a workspace's log lines that match a filter, as they are stored. No line twice. Who names runs and an instant of the
 * last quarter of an hour is sent what they said since first: a follower that was cut off misses no line.
 */
export async function streamLogs(
  services: Services,
  grant: Ctx["grant"],
  filter: LogFilter,
  { send, broken }: Sink<Record<string, unknown>>,
): Promise<Stream> {
  const ctx = openCtx(services, grant);
  const wanted = filter?.flow_run_id?.any_;
  const sent = new Set<string>();
  const since = filter?.timestamp?.after_;
  const from = laterOf(
    since ?? formatInstant(addSeconds(ctx.now, -60)),
    formatInstant(addSeconds(ctx.now, -BACKFILL_SECONDS)),
  );
  let newest = from;
  let stopped = false;
  let order = Promise.resolve();

  const pull = async (flowRunIds: string[]) => {
    const overlap = formatInstant(addSeconds(parseInstant(newest) ?? ctx.now, -LOG_OVERLAP_SECONDS));
    const asked = {
      ...filter,
      timestamp: { ...filter?.timestamp, after_: laterOf(overlap, from) },
      flow_run_id: { any_: flowRunIds },
    };
    let position: { offset: number } | { after: readonly [string, string] } = { offset: 0 };
    for (;;) {
      const { rows, next } = await ctx.store.logs.list(asked, "TIMESTAMP_ASC", position, 200);
      for (const row of rows) {
        if (stopped || sent.has(row.id)) continue;
        remember(sent, row.id);
        newest = laterOf(row.timestamp, newest);
        send(wireLog(row));
      }
      if (!next || stopped) return;
      position = { after: next };
    }
  };
  const pullInOrder = (ids: string[]) => {
    if (ids.length === 0) return;
    order = order.then(() => patiently(() => pull(ids)));
    order.catch(broken);
  };
  const subscription = await subscribeHints(services, grant, (hint) => {
    if (hint.noun === "log") pullInOrder((hint.keys as string[]).filter((id) => !wanted || wanted.includes(id)));
  });
  if (since !== undefined && wanted) pullInOrder(wanted);
  return {
    stop() {
      stopped = true;
      subscription.stop();
    },
  };
}

/** Tries for as long as a database takes to start again; what a stream was told of must reach its reader. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let wait = 100; ; wait = Math.min(2 * wait, 2_000)) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
    }
  }
}

function laterOf(left: string, right: string): string {
  return isAfter(left, right) ? left : right;
}

const REMEMBERED = 20_000;

function remember(sent: Set<string>, id: string): void {
  sent.add(id);
  if (sent.size > REMEMBERED) sent.delete(sent.values().next().value ?? "");
}
