import { type Micros, Uuid, WeirError } from "@weir/contracts";
import type { ScheduleRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { checkSlugs, newSchedule, ScheduleCreate, ScheduleUpdate, schedulePatch } from "./input.ts";

const byId = z.object({ id: Uuid });
const bySchedule = z.object({ id: Uuid, schedule_id: Uuid });

async function schedulesOf({ store }: Ctx, deploymentId: string): Promise<ScheduleRow[]> {
  if (!(await store.deployments.get(deploymentId))) throw new WeirError("missing", "Deployment not found.");
  return store.schedules.ofDeployment(deploymentId);
}

/** A deployment's schedules, last changed first. */
export const readSchedules = defineVerb({
  name: "schedule.list",
  permission: "see_deployments",
  input: byId,
  run: (ctx, { id }) => schedulesOf(ctx, id),
});

/** Adds schedules to a deployment. */
export const createSchedules = defineVerb({
  name: "schedule.create",
  permission: "write_deployments",
  input: byId.extend({ schedules: z.array(ScheduleCreate).max(200) }),
  async run(ctx, { id, schedules }) {
    const known = await schedulesOf(ctx, id);
    checkSlugs([...known, ...schedules].map((one) => one.slug));
    const made = schedules.map((one) => newSchedule(one, ctx.now));
    if (!(await ctx.store.deployments.change(id, {}, { create: made }, ctx.nowIso)))
      throw new WeirError("missing", "Deployment not found.");
    const ids = new Set(made.map((one) => one.id));
    return (await ctx.store.schedules.ofDeployment(id)).filter((one) => ids.has(one.id));
  },
});

/** Changes a schedule; the runs planned for its deployment are planned anew. */
export const updateSchedule = defineVerb({
  name: "schedule.update",
  permission: "write_deployments",
  input: bySchedule.extend({ changes: ScheduleUpdate }),
  async run(ctx, { id, schedule_id, changes }) {
    const known = await schedulesOf(ctx, id);
    const before = known.find((one) => one.id === schedule_id);
    if (!before) throw new WeirError("missing", "Schedule not found.");
    if (changes.slug)
      checkSlugs([...known.filter((one) => one.id !== schedule_id).map((one) => one.slug), changes.slug]);
    await ctx.store.deployments.change(
      id,
      {},
      { patch: [{ id: schedule_id, fields: schedulePatch(changes, before, ctx.now) }] },
      ctx.nowIso,
    );
  },
});

/** Deletes a schedule with the runs planned for its deployment; the other schedules plan theirs anew. */
export const deleteSchedule = defineVerb({
  name: "schedule.delete",
  permission: "write_deployments",
  input: bySchedule,
  async run(ctx, { id, schedule_id }) {
    await schedulesOf(ctx, id);
    if (!(await ctx.store.schedules.remove(id, schedule_id, ctx.nowIso)))
      throw new WeirError("missing", "Schedule not found.");
  },
});

/** What a deployment's change does to its schedules: matched by slug where all have one, else replaced. */
export function scheduleChanges(
  given: ScheduleUpdate[] | null | undefined,
  known: readonly ScheduleRow[],
  now: Micros,
) {
  const allKnownHaveSlugs = known.length > 0 && known.every((one) => one.slug !== null);
  if (!allKnownHaveSlugs) {
    if (!given) return {};
    checkSlugs(given.map((one) => one.slug));
    return { replaceAll: given.filter((one) => one.schedule).map((one) => newSchedule(one, now)) };
  }
  if (!given) return {};
  if (given.some((one) => !one.slug)) {
    throw new WeirError(
      "invalid",
      "Please provide a slug for each schedule in your request to ensure schedules are updated correctly.",
    );
  }
  const replaced = given.map((one) => one.replaces).filter((slug) => slug);
  const twice = replaced.find((slug, index) => replaced.indexOf(slug) !== index);
  if (twice) throw new WeirError("invalid", `Multiple schedules have 'replaces' targeting the same slug: ${twice}`);
  const bySlug = new Map(known.map((one) => [one.slug, one]));
  const patch: { id: string; fields: ReturnType<typeof schedulePatch> }[] = [];
  const create: ReturnType<typeof newSchedule>[] = [];
  for (const one of given) {
    if (one.replaces && one.slug !== one.replaces && bySlug.has(one.slug ?? null) && !replaced.includes(one.slug)) {
      throw new WeirError(
        "invalid",
        `Cannot rename schedule from '${one.replaces}' to '${one.slug}': a schedule with slug '${one.slug}' already exists.`,
      );
    }
    const before = bySlug.get(one.replaces || one.slug || null);
    if (before) patch.push({ id: before.id, fields: schedulePatch(one, before, now) });
    else create.push(newSchedule(one, now));
  }
  const after = new Map(known.map((one) => [one.id, one.slug]));
  for (const { id, fields } of patch) if (fields.slug) after.set(id, fields.slug);
  checkSlugs([...after.values(), ...create.map((one) => one.slug)]);
  return { patch, create };
}
