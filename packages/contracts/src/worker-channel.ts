import { z } from "zod";
import { Uuid } from "./ids.ts";
import { Document, Instant, ObjectDocument } from "./inputs.ts";

/** The version of the protocol between a worker and its pool that Weir speaks. */
export const WORKER_CHANNEL_VERSION = "work_pool_worker_channel.v1";

/** What a worker may be given to take away. */
export const cleanupKinds = ["cancelling_timeout_teardown.v1", "pending_claim_teardown.v1"] as const;

/** One of `cleanupKinds`. */
export type CleanupKind = (typeof cleanupKinds)[number];

/** What both ends must be able to do, and what a worker may ask for besides. */
export const channelCapabilities = {
  required: ["worker_heartbeat.v1", "work_pool_snapshot.v1"],
  cleanup: "cleanup_delivery.v1",
} as const;

/** Why a channel is closed: the text that the worker acts on, and the code that goes with it. */
export const channelEnds = {
  authentication_failed: 1008,
  authorization_failed: 1008,
  unsupported_version: 1008,
  protocol_error: 1002,
  heartbeat_persistence_failed: 1011,
  transient_server_error: 1011,
} as const;

/** One of `channelEnds`. The first four a worker takes for final; after the others it comes again. */
export type ChannelEnd = keyof typeof channelEnds;

/** What a worker does with something that it was given: it is done, it needs more time, or another should try. */
export type CleanupOperation = "ack" | "renew" | "release";

/**
 * What became of an operation: accepted, or why not. `not_found`: there is no such message, or it is over; `not_current`: nobody has
 * it; `expired`: the lease was over; `dead_lettered`: nobody will get it any more; `unauthorized`: it is another pool's.
 */
export type CleanupStatus =
  | "accepted"
  | "not_found"
  | "unauthorized"
  | "not_current"
  | "invalid_token"
  | "expired"
  | "dead_lettered"
  | "error";

const Word = z.string().min(1).max(5000);
const Interval = z.number().int().positive().max(86_400);

/** How a worker introduces itself. */
export const WorkerHello = z
  .strictObject({
    consumer_id: Uuid,
    worker_name: Word,
    worker_type: Word,
    heartbeat_interval_seconds: Interval,
    supported_channel_versions: z.array(Word).min(1),
    requested_capabilities: z.array(Word).min(1),
    work_queue_names: z.array(Word).default([]),
    handled_cleanup_kinds: z.array(z.enum(cleanupKinds)).default([]),
    max_cleanup_concurrency: z.number().int().min(0).max(2_147_483_647).optional(),
    create_pool_if_not_found: z.boolean().default(false),
    default_base_job_template: ObjectDocument.optional(),
    worker_metadata: Document.optional(),
  })
  .refine(({ requested_capabilities: asked }) => channelCapabilities.required.every((one) => asked.includes(one)))
  .refine(
    ({ requested_capabilities: asked, handled_cleanup_kinds: kinds, max_cleanup_concurrency: most = 0 }) =>
      asked.includes(channelCapabilities.cleanup) || (kinds.length === 0 && most === 0),
  );

/** A worker's introduction, read. */
export type WorkerHello = z.output<typeof WorkerHello>;

const operation = { message_id: Uuid, reservation_token: z.string().min(1) };

function frame<Type extends string, Payload extends z.ZodType>(type: Type, payload: Payload) {
  return z.strictObject({ type: z.literal(type), id: Uuid, sent_at: Instant, payload });
}

/** Every frame that a worker sends. Members that are not listed are refused: both ends of this protocol are strict. */
export const WorkerFrame = z.discriminatedUnion("type", [
  frame("worker.hello.v1", WorkerHello),
  frame(
    "worker.heartbeat.v1",
    z.strictObject({ consumer_id: Uuid, worker_name: Word, heartbeat_interval_seconds: Interval }),
  ),
  frame("cleanup.ack.v1", z.strictObject(operation)),
  frame("cleanup.renew.v1", z.strictObject(operation)),
  frame("cleanup.release.v1", z.strictObject({ ...operation, reason: z.string().min(1) })),
]);

/** A frame of a worker, read. */
export type WorkerFrame = z.output<typeof WorkerFrame>;
