import { formatInstant, type IsoInstant, type Micros } from "@weir/contracts";
import type { z } from "zod";
import { parseInput } from "../define-verb.ts";
import type { Services } from "../services.ts";
import type { Identity } from "./authenticate.ts";

/** What a personal verb works with: who acts, and one instant for the whole call. */
export type PersonalCtx = { services: Services; identity: Identity; now: Micros; nowIso: IsoInstant };

/** A thing that people do with what is their own: it needs no role, and reaches nobody else's rows. */
export type PersonalVerb<In, Out> = {
  (services: Services, identity: Identity, input?: unknown): Promise<Out>;
  readonly verbName: string;
  readonly permission: "self";
  readonly input: z.ZodType<In>;
};

/** Defines a personal verb: its name, its input and what it does. */
export function definePersonalVerb<In, Out>(spec: {
  name: string;
  input: z.ZodType<In>;
  run(ctx: PersonalCtx, input: In): Promise<Out> | Out;
}): PersonalVerb<In, Out> {
  const call = async (services: Services, identity: Identity, input: unknown = {}): Promise<Out> => {
    const now = services.clock();
    return spec.run({ services, identity, now, nowIso: formatInstant(now) }, parseInput(spec.input, input));
  };
  return Object.assign(call, { verbName: spec.name, permission: "self" as const, input: spec.input });
}
