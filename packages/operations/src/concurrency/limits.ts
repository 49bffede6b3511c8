import { Limit, Name, notFound, Offset, parseUuid, WeirError } from "@weir/contracts";
import type { ConcurrencyLimitKey, ConcurrencyLimitRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { PageNumber, paginate, walk } from "../paging.ts";
import { slotsFreed } from "./gate.ts";

const Count = z.number().int().min(0, "Input should be greater than or equal to 0").max(2_147_483_647);
const Decay = z.number().min(0, "Input should be greater than or equal to 0");
const changes = z.object({
  name: Name.nullish(),
  limit: Count.nullish(),
  active: z.boolean().nullish(),
  active_slots: Count.nullish(),
  denied_slots: Count.nullish(),
  slot_decay_per_second: Decay.nullish(),
});
const byKey = z.object({ id_or_name: z.string() });

/** The limit that a path names: by id when it is one. */
export function keyOf(idOrName: string): ConcurrencyLimitKey {
  const id = parseUuid(idOrName);
  return id === undefined ? { name: idOrName } : { id };
}

/** A limit on the wire. */
function wireLimit({
  id,
  created,
  updated,
  name,
  limit,
  active,
  active_slots,
  slot_decay_per_second,
}: ConcurrencyLimitRow) {
  return { id, created, updated, name, limit, active, active_slots, slot_decay_per_second };
}

/** Creates a limit. */
export const createConcurrencyLimit = defineVerb({
  name: "concurrency_limit.create",
  permission: "manage_concurrency_limits",
  input: changes.extend({ name: Name, limit: Count }),
  async run({ store, now, nowIso }, { name, limit, active, active_slots, denied_slots, slot_decay_per_second }) {
    const row = await store.concurrencyLimits.create({
      ...{ id: newId(now), now: nowIso, name, limit, active: active ?? undefined },
      ...{ active_slots: active_slots ?? undefined, denied_slots: denied_slots ?? undefined },
      slot_decay_per_second: slot_decay_per_second ?? undefined,
    });
    if (!row) throw taken(name);
    const { task_runs: _, ...body } = row;
    return body;
  },
});

/** One limit, by id or name. */
export const readConcurrencyLimit = defineVerb({
  name: "concurrency_limit.read",
  permission: "see_concurrency_limits",
  input: byKey,
  async run({ store }, { id_or_name }) {
    const row = await store.concurrencyLimits.get(keyOf(id_or_name));
    if (!row) throw notFound("Concurrency Limit");
    return wireLimit(row);
  },
});

/** A list of limits, by name. */
export const filterConcurrencyLimits = defineVerb({
  name: "concurrency_limit.filter",
  permission: "see_concurrency_limits",
  input: z.object({ limit: Limit, offset: Offset }),
  async run(ctx, page) {
    return (await listLimits(ctx, { tags: false }, page)).map(wireLimit);
  },
});

/** A page of limits with their count, by name. */
export const paginateConcurrencyLimits = defineVerb({
  name: "concurrency_limit.paginate",
  permission: "see_concurrency_limits",
  input: z.object({ limit: Limit, page: PageNumber }),
  async run({ store, grant }, { limit, page }) {
    const { rows, told } = await paginate(
      `concurrency_limit ${grant.workspaceId} false`,
      { page, limit },
      (position) => store.concurrencyLimits.list({ tags: false }, position, limit),
      () => store.concurrencyLimits.count(),
    );
    return { results: rows.map(wireLimit), ...told };
  },
});

/** The limits of a page, by name. */
export function listLimits(
  { store, grant }: Ctx,
  which: { tags: boolean },
  page: { limit: number; offset: number },
): Promise<ConcurrencyLimitRow[]> {
  return walk(`concurrency_limit ${grant.workspaceId} ${which.tags}`, page, (position) =>
    store.concurrencyLimits.list(which, position, page.limit),
  );
}

/** Sets what is given of a limit. Whoever waits for room that this makes is let in. */
export const updateConcurrencyLimit = defineVerb({
  name: "concurrency_limit.update",
  permission: "manage_concurrency_limits",
  input: z.object({ id_or_name: z.string(), changes }),
  async run(ctx, { id_or_name, changes }) {
    const { limit, ...others } = changes;
    const patch = Object.fromEntries(
      Object.entries({ ...others, slot_limit: limit }).filter(([, value]) => value !== null && value !== undefined),
    );
    const outcome = await ctx.store.concurrencyLimits.patch(keyOf(id_or_name), patch, ctx.nowIso);
    if (outcome === "missing") throw notFound("Concurrency Limit");
    if (outcome === "taken") throw taken(changes.name ?? "");
    slotsFreed(ctx, [outcome]);
  },
});

/** Deletes a limit; what it held back goes on. */
export const deleteConcurrencyLimit = defineVerb({
  name: "concurrency_limit.delete",
  permission: "manage_concurrency_limits",
  input: byKey,
  async run(ctx, { id_or_name }) {
    const gone = await ctx.store.concurrencyLimits.remove(keyOf(id_or_name));
    if (!gone) throw notFound("Concurrency Limit");
    slotsFreed(ctx, [gone]);
  },
});

/** Who holds each slot of a limit, since when and until when, and who waits: what is told to those who ask why they wait. */
export const readSlotHolders = defineVerb({
  name: "concurrency_limit.holders",
  permission: "see_concurrency_limits",
  input: z.object({ id_or_name: z.string(), limit: Limit }),
  async run({ store }, { id_or_name, limit }) {
    const row = await store.concurrencyLimits.get(keyOf(id_or_name));
    if (!row) throw notFound("Concurrency Limit");
    const [holders, waiting] = await Promise.all([
      store.concurrencyLimits.holders(row.id, limit),
      store.concurrencyLimits.waiting(row.id, limit),
    ]);
    return { ...wireLimit(row), holders, waiting };
  },
});

function taken(name: string): WeirError {
  return new WeirError("conflict", `A concurrency limit with the name '${name}' already exists.`);
}
