import { ObjectDocument, Text, WeirError } from "@weir/contracts";
import type { ScheduleChanges, ScheduleRow } from "@weir/db";
import { z } from "zod";
import type { Ctx } from "../define-verb.ts";
import { newSchedule, schedulePatch } from "../schedule/input.ts";
import type { DeploymentInput } from "./input.ts";

/** What clients of Prefect 2 call job variables, a deployment's only schedule, and not being paused. */
export const formerFields = {
  infra_overrides: ObjectDocument.nullish(),
  schedule: z.record(z.string(), z.unknown()).nullish(),
  is_schedule_active: z.boolean().nullish(),
  // Where a manifest was, when deployments had one: nothing looks for it any more.
  manifest_path: Text.nullish(),
};

const shape = z.object(formerFields);
type Former = z.output<typeof shape>;

/** A deployment's input with former names as today's, which win where both are given. */
export function inTodaysNames<Input extends DeploymentInput & Former>(input: Input): Input {
  const { infra_overrides, is_schedule_active } = input;
  const paused = input.paused ?? (typeof is_schedule_active === "boolean" ? !is_schedule_active : undefined);
  return { ...input, job_variables: input.job_variables ?? infra_overrides, paused };
}

/** What giving a deployment its only schedule does to those it has; null takes it away. Of several, none is "the" one: 422. */
export function onlySchedule(
  schedule: Former["schedule"],
  known: readonly ScheduleRow[],
  now: Ctx["now"],
): ScheduleChanges {
  if (schedule === undefined) return {};
  const [first, second] = known;
  if (second) {
    const message = "This deployment has several schedules. Change them one by one, or send all of them as schedules.";
    throw new WeirError("invalid", message);
  }
  if (schedule === null) return { replaceAll: [] };
  if (!first) return { create: [newSchedule({ schedule }, now)] };
  return { patch: [{ id: first.id, fields: schedulePatch({ schedule }, first, now) }] };
}
