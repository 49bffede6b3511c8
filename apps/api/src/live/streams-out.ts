import type { WorkspaceGrant } from "@weir/auth";
import { LogFilter, toWire, type WorkspaceScope } from "@weir/contracts";
import { EventFilter, type Stream, streamEvents, streamLogs } from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { asObject, authenticateFrame, close, Frames, type Handshake } from "./handshake.ts";
import { sendOrDrop, watch } from "./liveness.ts";

type Start = (grant: WorkspaceGrant, frame: Record<string, unknown>, socket: WebSocket) => Promise<Stream | string>;

/** `/events/out`: auth frame, filter frame, then stored events of the last minutes and live ones. */
export function eventsOutRoute(app: FastifyInstance, path: string, handshake: Handshake): void {
  streamRoute(app, path, handshake, "see_events", async (grant, frame, socket) => {
    const filter = EventFilter.safeParse(frame.filter ?? {});
    if (!filter.success) return `Invalid filter: ${filter.error.issues[0]?.message ?? ""}`;
    return streamEvents(handshake.services, grant, filter.data, frame.backfill !== false, {
      send: (event) => sendOrDrop(socket, `{"type":"event","event":${event.text}}`),
      broken: () => socket.close(close.failed, "Try again"),
    });
  });
}

/** `/logs/out`: auth frame, filter frame, then the lines of the runs it names since the instant it names, and live ones. */
export function logsOutRoute(app: FastifyInstance, path: string, handshake: Handshake): void {
  streamRoute(app, path, handshake, "see_flows", async (grant, frame, socket) => {
    const filter = LogFilter.safeParse(frame.filter ?? {});
    if (!filter.success) return `Invalid filter: ${filter.error.issues[0]?.message ?? ""}`;
    return streamLogs(handshake.services, grant, filter.data, {
      send: (line) => sendOrDrop(socket, toWire({ type: "log", log: line })),
      broken: () => socket.close(close.failed, "Try again"),
    });
  });
}

function streamRoute(
  app: FastifyInstance,
  path: string,
  handshake: Handshake,
  scope: WorkspaceScope,
  start: Start,
): void {
  app.route({
    method: "GET",
    url: path,
    handler: (_request, reply) => reply.code(426).send({ detail: "Upgrade to a websocket" }),
    wsHandler: (socket, request) => {
      serve(socket, request, handshake, scope, start).catch((error: unknown) => {
        request.log.error({ err: error }, "stream");
        socket.close(close.failed, "Try again");
      });
    },
  });
}

async function serve(
  socket: WebSocket,
  request: FastifyRequest,
  handshake: Handshake,
  scope: WorkspaceScope,
  start: Start,
): Promise<void> {
  watch(socket);
  socket.on("ping", (data) => socket.pong(data));
  const frames = new Frames(socket);
  const grant = await authenticateFrame(handshake, socket, frames, request, scope);
  if (!grant) return;
  const frame = asObject((await frames.next()) ?? "");
  if (frame?.type !== "filter") return socket.close(close.protocol, "Expected 'filter' message");
  const stream = await start(grant, frame, socket);
  if (typeof stream === "string") return socket.close(close.protocol, stream.slice(0, 120));
  socket.on("close", () => stream.stop());
  if (socket.readyState !== socket.OPEN) stream.stop();
}
