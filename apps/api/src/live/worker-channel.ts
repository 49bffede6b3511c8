import { randomUUID } from "node:crypto";
import {
  type ChannelEnd,
  channelEnds,
  toWire,
  WeirError,
  WORKER_CHANNEL_VERSION,
  WorkerFrame,
  type WorkerHello,
} from "@weir/contracts";
import { openWorkerChannel, type WorkerAgreement, type WorkerChannel } from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { parseBody } from "../json-body.ts";
import { authenticateFrame, Frames, type Handshake, offersProtocol, type Refusals } from "./handshake.ts";
import { sendOrDrop, watch } from "./liveness.ts";

const HELLO_WITHIN_MS = 10_000;
/** The longest frame in characters: clients take no longer ones either. */
const MAX_FRAME = 1_048_576;
/** Frames that may wait for the one before them: a worker sends few. */
const MAX_WAITING = 100;

const refusals: Refusals = {
  notAuth: [channelEnds.authentication_failed, "authentication_failed" satisfies ChannelEnd],
  unknown: "authentication_failed" satisfies ChannelEnd,
  notAllowed: "authorization_failed" satisfies ChannelEnd,
};

/**
 * `/work_pools/{name}/workers/connect`: auth frame, the worker's hello, our ready; from then on its heartbeats, snapshots of
 * its pool as it changes, and what is to be cleaned up. Whatever ends it is told by the reason of the close.
 */
export function workerChannelRoute(app: FastifyInstance, path: string, handshake: Handshake): void {
  app.route({
    method: "GET",
    url: path,
    handler: (_request, reply) => reply.code(426).send({ detail: "Upgrade to a websocket" }),
    wsHandler: (socket, request) => {
      serve(socket, request, handshake).catch((error: unknown) => fail(socket, request, error));
    },
  });
}

async function serve(socket: WebSocket, request: FastifyRequest, handshake: Handshake): Promise<void> {
  watch(socket);
  socket.on("ping", (data) => socket.pong(data));
  const frames = new Frames(socket);
  if (!offersProtocol(request)) return end(socket, "authentication_failed");
  const grant = await authenticateFrame(handshake, socket, frames, request, "write_workers", refusals);
  if (!grant) return;
  const first = await frames.next(HELLO_WITHIN_MS);
  if (first === undefined) return;
  const frame = readFrame(first);
  if (frame?.type !== "worker.hello.v1") return end(socket, "protocol_error");
  const hello = frame.payload;
  if (!hello.supported_channel_versions.includes(WORKER_CHANNEL_VERSION)) return end(socket, "unsupported_version");

  const send = (type: string, payload: Record<string, unknown>) =>
    sendOrDrop(socket, toWire({ type, id: randomUUID(), sent_at: new Date().toISOString(), payload }));
  let snapshots = 1;
  const { work_pool_name: poolName = "" } = request.params as Record<string, string>;
  const channel = await openWorkerChannel(handshake.services, grant, poolName, hello, {
    ready: (agreement) => send("worker.ready.v1", readyPayload(hello, agreement)),
    snapshot: (work_pool) => {
      snapshots += 1;
      send("work_pool.snapshot.v1", { snapshot_sequence: snapshots, reason: "work_pool_updated", work_pool });
    },
    cleanup: ({ id, token, deliveries, ...message }) =>
      send("cleanup.message.v1", {
        ...message,
        ...{ message_id: id, reservation_token: token, delivery_count: deliveries, data: {} },
      }),
    broken: (error) => fail(socket, request, error),
  });
  socket.on("close", () => channel.stop());
  if (socket.readyState !== socket.OPEN) return channel.stop();
  for (;;) {
    const text = await frames.next();
    if (text === undefined) return;
    const fault = frames.waiting > MAX_WAITING ? "protocol_error" : await obey(channel, hello, readFrame(text), send);
    if (fault) return end(socket, fault);
  }
}

/** Does what a frame says; returns why the channel must end, when it must. */
async function obey(
  channel: WorkerChannel,
  hello: WorkerHello,
  frame: WorkerFrame | undefined,
  send: (type: string, payload: Record<string, unknown>) => void,
): Promise<ChannelEnd | undefined> {
  if (!frame || frame.type === "worker.hello.v1") return "protocol_error";
  if (frame.type === "worker.heartbeat.v1") {
    const { consumer_id, worker_name, heartbeat_interval_seconds } = frame.payload;
    if (consumer_id !== hello.consumer_id || worker_name !== hello.worker_name) return "protocol_error";
    return channel.heartbeat(heartbeat_interval_seconds).then(
      () => undefined,
      (error: unknown) =>
        endOf(error) === "authorization_failed" ? "authorization_failed" : "heartbeat_persistence_failed",
    );
  }
  const operation = operations[frame.type];
  const { message_id, reservation_token } = frame.payload;
  const reason = "reason" in frame.payload ? frame.payload.reason : null;
  const answer = await channel.settle(operation, message_id, reservation_token, reason);
  send("cleanup.operation_result.v1", { request_frame_id: frame.id, message_id, operation, ...answer, detail: null });
  return undefined;
}

const operations = { "cleanup.ack.v1": "ack", "cleanup.renew.v1": "renew", "cleanup.release.v1": "release" } as const;

function readyPayload(hello: WorkerHello, agreement: WorkerAgreement): Record<string, unknown> {
  return {
    consumer_id: hello.consumer_id,
    worker_id: agreement.workerId,
    selected_channel_version: WORKER_CHANNEL_VERSION,
    effective_heartbeat_interval_seconds: hello.heartbeat_interval_seconds,
    accepted_capabilities: agreement.accepted,
    rejected_capabilities: agreement.rejected,
    effective_max_cleanup_concurrency: agreement.maxCleanups,
    resolved_work_queues: agreement.queues,
    initial_snapshot: { snapshot_sequence: 1, reason: "initial", work_pool: agreement.pool },
  };
}

/** A frame of the protocol, documents in it left as their text; `undefined` when it is none. */
function readFrame(text: string): WorkerFrame | undefined {
  if (text.length > MAX_FRAME) return undefined;
  try {
    return WorkerFrame.safeParse(parseBody(text)).data;
  } catch {
    return undefined;
  }
}

function fail(socket: WebSocket, request: FastifyRequest, error: unknown): void {
  const why = endOf(error);
  if (why === "transient_server_error") request.log.error({ err: error }, "worker channel");
  end(socket, why);
}

function end(socket: WebSocket, why: ChannelEnd): void {
  socket.close(channelEnds[why], why);
}

/** How a fault is told: a pool that is not there, or may not be made, is not for this worker. */
function endOf(error: unknown): ChannelEnd {
  if (!(error instanceof WeirError) || error.status >= 500) return "transient_server_error";
  return error.code === "missing" || error.code === "forbidden" ? "authorization_failed" : "protocol_error";
}
