import { Limit, notFound, Offset, Text, Uuid, WeirError } from "@weir/contracts";
import type { ConcurrencyLimitRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { slotsFreed, takeSlots } from "./gate.ts";
import { listLimits } from "./limits.ts";

// The first API of limits, on tags of task runs: those are limits like any other now, named `tag:{tag}`.

const TAG = "tag:";
const byTag = z.object({ tag: z.string() });
const byId = z.object({ id: Uuid });
const Names = z.array(z.string()).max(1_000);

function wireTagLimit({ id, created, updated, name, limit, task_runs }: ConcurrencyLimitRow) {
  return { id, created, updated, tag: name.slice(TAG.length), concurrency_limit: limit, active_slots: task_runs };
}

function missing(): WeirError {
  return notFound("Concurrency limit");
}

async function ofTag({ store }: Ctx, tag: string): Promise<ConcurrencyLimitRow> {
  const row = await store.concurrencyLimits.get({ name: TAG + tag });
  if (!row) throw missing();
  return row;
}

async function ofId({ store }: Ctx, id: string): Promise<ConcurrencyLimitRow> {
  const row = await store.concurrencyLimits.get({ id });
  if (!row?.name.startsWith(TAG)) throw missing();
  return row;
}

/** Limits a tag, or changes its limit. */
export const limitTag = defineVerb({
  name: "tag_limit.create",
  permission: "manage_concurrency_limits",
  input: z.object({ tag: Text, concurrency_limit: z.number().int().min(0).max(2_147_483_647) }),
  async run(ctx, { tag, concurrency_limit }) {
    const { store, now, nowIso } = ctx;
    const name = TAG + tag;
    const made = await store.concurrencyLimits.create({ id: newId(now), now: nowIso, name, limit: concurrency_limit });
    if (made) return { isNew: true, body: wireTagLimit(made) };
    const changed = await store.concurrencyLimits.patch({ name }, { slot_limit: concurrency_limit }, nowIso);
    if (typeof changed === "object") slotsFreed(ctx, [changed]);
    return { isNew: false, body: wireTagLimit(await ofTag(ctx, tag)) };
  },
});

/** A tag's limit. */
export const readTagLimit = defineVerb({
  name: "tag_limit.read",
  permission: "see_concurrency_limits",
  input: byTag,
  run: async (ctx, { tag }) => wireTagLimit(await ofTag(ctx, tag)),
});

/** A tag's limit, by the limit's id. */
export const readTagLimitById = defineVerb({
  name: "tag_limit.read_by_id",
  permission: "see_concurrency_limits",
  input: byId,
  run: async (ctx, { id }) => wireTagLimit(await ofId(ctx, id)),
});

/** The limits on tags. */
export const filterTagLimits = defineVerb({
  name: "tag_limit.filter",
  permission: "see_concurrency_limits",
  input: z.object({ limit: Limit, offset: Offset }),
  run: async (ctx, page) => (await listLimits(ctx, { tags: true }, page)).map(wireTagLimit),
});

/** Frees a tag's slots, and has the given task runs hold one each. */
export const resetTagLimit = defineVerb({
  name: "tag_limit.reset",
  permission: "manage_concurrency_limits",
  input: z.object({ tag: z.string(), slot_override: z.array(Uuid).max(10_000).nullish() }),
  async run(ctx, { tag, slot_override }) {
    const leases = [...new Set(slot_override ?? [])].map((taskRunId) => ({ leaseId: newId(ctx.now), taskRunId }));
    const reset = await ctx.store.concurrencyLimits.reset(TAG + tag, leases);
    if (!reset) throw missing();
    slotsFreed(ctx, [reset]);
    return null;
  },
});

/** Limits a tag no longer. */
export const deleteTagLimit = defineVerb({
  name: "tag_limit.delete",
  permission: "manage_concurrency_limits",
  input: byTag,
  run: async (ctx, { tag }) => remove(ctx, await ofTag(ctx, tag)),
});

/** As deleteTagLimit, by the limit's id. */
export const deleteTagLimitById = defineVerb({
  name: "tag_limit.delete_by_id",
  permission: "manage_concurrency_limits",
  input: byId,
  run: async (ctx, { id }) => remove(ctx, await ofId(ctx, id)),
});

async function remove(ctx: Ctx, { id }: ConcurrencyLimitRow): Promise<null> {
  const gone = await ctx.store.concurrencyLimits.remove({ id });
  if (!gone) throw missing();
  slotsFreed(ctx, [gone]);
  return null;
}

/** Takes a slot of each tag for a task run whose client renews no lease: it holds until it is given back. */
export const incrementTagSlots = defineVerb({
  name: "tag_limit.increment",
  permission: "manage_concurrency_limits",
  input: z.object({ names: Names, task_run_id: Uuid }),
  async run(ctx, { names, task_run_id }) {
    const limits = await Promise.all(names.map((tag) => ctx.store.concurrencyLimits.get({ name: TAG + tag })));
    const closed = limits.find((limit) => limit?.limit === 0);
    if (closed) {
      const tag = closed.name.slice(TAG.length);
      const message = `The concurrency limit on tag "${tag}" is 0 and will deadlock if the task tries to run again.`;
      throw new WeirError("locked", message, { retryAfterSeconds: 30 });
    }
    const taken = await takeSlots(ctx, {
      ...{ id: newId(ctx.now), key: `task_run:${task_run_id}`, names: names.map((tag) => TAG + tag), slots: 1 },
      ...{ mode: "concurrency", since: undefined, leaseId: newId(ctx.now), leaseSeconds: null },
      holder: { type: "task_run", id: task_run_id },
    });
    return taken.limits.map(({ id, name, limit }) => ({ id, name: name.slice(TAG.length), limit }));
  },
});

/** Gives back what a task run holds of tags. */
export const decrementTagSlots = defineVerb({
  name: "tag_limit.decrement",
  permission: "manage_concurrency_limits",
  input: z.object({ names: Names, task_run_id: Uuid }),
  async run(ctx, { names, task_run_id }) {
    const freed = await ctx.store.slots.releaseHolder(
      task_run_id,
      names.map((tag) => TAG + tag),
    );
    slotsFreed(ctx, freed);
    return freed;
  },
});
