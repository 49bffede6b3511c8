import { Uuid, WeirError } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { endLease, slotsFreed, takeSlots } from "./gate.ts";

const Slots = z.number().int().min(1, "Input should be greater than 0").max(2_147_483_647);
const Names = z.array(z.string()).min(1, "List should have at least 1 item").max(1_000);
const Mode = z.enum(["concurrency", "rate_limit"]).nullish();
const LeaseSeconds = z
  .number()
  .min(60, "Input should be greater than or equal to 60")
  .max(86_400, "Input should be less than or equal to 86400")
  .nullish()
  .transform((seconds) => seconds ?? 300);
const Holder = z.strictObject({ type: z.enum(["flow_run", "task_run", "deployment"]), id: Uuid }).nullish();

/** The lease of those who asked for limits that there are none of: it holds nothing and is never lost. */
const HOLDS_NOTHING = "00000000-0000-8000-8000-000000000000";

/** A limit as those who take slots see it. */
const minimal = ({ id, name, limit }: { id: string; name: string; limit: number }) => ({ id, name, limit });

/** Takes slots that are given back by name, or decay. */
export const incrementSlots = defineVerb({
  name: "concurrency_slot.increment",
  permission: "manage_concurrency_limits",
  input: z.object({ names: Names, slots: Slots, mode: Mode, create_if_missing: z.boolean().nullish() }),
  async run(ctx, { names, slots, mode }) {
    const ask = { id: newId(ctx.now), key: "", names, slots, mode: mode ?? "concurrency", since: undefined };
    const { limits } = await takeSlots(ctx, { ...ask, leaseId: null, leaseSeconds: null, holder: null });
    return limits.map(minimal);
  },
});

/** Takes slots under a lease: whoever does not renew it loses them. */
export const incrementSlotsWithLease = defineVerb({
  name: "concurrency_slot.increment_with_lease",
  permission: "manage_concurrency_limits",
  input: z.object({ names: Names, slots: Slots, mode: Mode, lease_duration: LeaseSeconds, holder: Holder }),
  async run(ctx, { names, slots, mode, lease_duration, holder }) {
    const leaseId = newId(ctx.now);
    const { limits } = await takeSlots(ctx, {
      ...{ id: newId(ctx.now), key: holder ? `${holder.type}:${holder.id}` : "", names, slots, since: undefined },
      ...{ mode: mode ?? "concurrency", leaseId, leaseSeconds: lease_duration, holder: holder ?? null },
    });
    return { lease_id: limits.length === 0 ? HOLDS_NOTHING : leaseId, limits: limits.map(minimal) };
  },
});

/** Gives back slots that were taken without a lease. */
export const decrementSlots = defineVerb({
  name: "concurrency_slot.decrement",
  permission: "manage_concurrency_limits",
  input: z.object({
    names: Names,
    slots: Slots,
    occupancy_seconds: z.number().gt(0, "Input should be greater than 0").nullish(),
    create_if_missing: z.boolean().nullish(),
  }),
  async run(ctx, { names, slots, occupancy_seconds }) {
    const freed = await ctx.store.slots.give([...new Set(names)], slots, occupancy_seconds ?? null);
    slotsFreed(ctx, freed);
    return freed.map(({ id, name, limit }) => ({ id, name, limit }));
  },
});

/** Ends a lease; one that is gone is none of anybody's concern. */
export const decrementSlotsWithLease = defineVerb({
  name: "concurrency_slot.decrement_with_lease",
  permission: "manage_concurrency_limits",
  input: z.object({ lease_id: Uuid }),
  async run(ctx, { lease_id }) {
    await endLease(ctx, lease_id);
  },
});

/** Lets a lease live on. */
export const renewLease = defineVerb({
  name: "concurrency_slot.renew_lease",
  permission: "manage_concurrency_limits",
  input: z.object({ id: Uuid, lease_duration: LeaseSeconds }),
  async run({ store }, { id, lease_duration }) {
    if (id !== HOLDS_NOTHING && !(await store.slots.renew(id, lease_duration)))
      throw new WeirError("gone", "Lease not found - it may have expired or been revoked");
  },
});
