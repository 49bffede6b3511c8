import { z } from "zod";
import type { Micros } from "./time.ts";

type Id<Kind extends string> = string & { readonly __id: Kind };

/** Lower-case canonical UUIDs, told apart by what they name. */
export type AccountId = Id<"account">;
export type WorkspaceId = Id<"workspace">;
export type UserId = Id<"user">;
export type ActorId = Id<"actor">;
export type FlowId = Id<"flow">;
export type FlowRunId = Id<"flow_run">;
export type TaskRunId = Id<"task_run">;
export type StateId = Id<"state">;
export type DeploymentId = Id<"deployment">;
export type ScheduleId = Id<"schedule">;
export type WorkPoolId = Id<"work_pool">;
export type WorkQueueId = Id<"work_queue">;
export type WorkerId = Id<"worker">;

/** The uuid of "none" in keys that cannot be null. */
export const NIL_UUID = "00000000-0000-0000-0000-000000000000";

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LOOSE = /^(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** Canonical form of a UUID in any case, with or without dashes; `undefined` when it is not one. */
export function parseUuid(text: string): string | undefined {
  if (CANONICAL.test(text)) return text;
  const match = LOOSE.exec(text);
  return match ? match.slice(1).join("-").toLowerCase() : undefined;
}

/** A UUID on the wire, made canonical. */
export const Uuid = z.string().transform((text, ctx) => {
  const uuid = parseUuid(text);
  if (uuid !== undefined) return uuid;
  ctx.addIssue({ code: "custom", message: "Input should be a valid UUID" });
  return z.NEVER;
});

/**
 * A version 7 UUID from the millisecond of `now` and 10 random bytes. Ids made in one millisecond keep their order only
 * when the caller's `random` rises; see packages/operations/src/ids.ts.
 */
export function uuidv7(now: Micros, random: Uint8Array): string {
  const millis = Math.floor(now / 1000);
  const time = millis.toString(16).padStart(12, "0");
  let hex = "";
  for (let i = 0; i < 10; i++) hex += HEX[random[i] ?? 0];
  const variant = (8 | (Number.parseInt(hex[3] ?? "0", 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
}

/** The instant in a version 7 UUID, to the millisecond; `undefined` for other versions. */
export function uuidv7Time(uuid: string): Micros | undefined {
  if (uuid[14] !== "7") return undefined;
  return (Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) * 1000) as Micros;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
