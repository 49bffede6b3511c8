import type { WorkspaceGrant } from "@weir/auth";
import { type ClientEvent, openCtx, readEvent, recordEvents, type Services } from "@weir/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { authenticateFrame, close, Frames, grantOfHeader, type Handshake, offersProtocol } from "./handshake.ts";
import { watch } from "./liveness.ts";

/** Events that may wait to be stored before the sender is paused. */
const MAX_WAITING = 4_000;
const STORE_TRIES = 6;

/** Told of what a socket brought: rate limits and logs. */
export type EventsInObserver = {
  received(grant: WorkspaceGrant, count: number): Promise<void>;
  refused(reason: string): void;
};

/**
 * `/events/in`: one event a frame. A ping is answered only when every event before it is stored, so a pong means stored;
 * what was not confirmed is sent again by the client, and events are known by their id.
 */
export function eventsInRoute(
  app: FastifyInstance,
  path: string,
  handshake: Handshake,
  observer: EventsInObserver,
): void {
  app.route({
    method: "GET",
    url: path,
    preValidation: async (request) => {
      // Without the sub-protocol the key comes in the upgrade's header, and a refusal is an HTTP status.
      if (!offersProtocol(request)) await grantOfHeader(handshake, request, "manage_events");
    },
    handler: (_request, reply) => reply.code(426).send({ detail: "Upgrade to a websocket" }),
    wsHandler: (socket, request) => {
      serve(socket, request, handshake, observer).catch(() => socket.close(close.failed, "Try again"));
    },
  });
}

async function serve(
  socket: WebSocket,
  request: FastifyRequest,
  handshake: Handshake,
  observer: EventsInObserver,
): Promise<void> {
  watch(socket);
  const frames = new Frames(socket);
  // Clients ping before they authenticate: nothing is owed then. After an event, a pong waits until that is stored.
  const owed: Buffer[] = [];
  const early = (data: Buffer) => void (frames.waiting === 0 ? socket.pong(data) : owed.push(data));
  socket.on("ping", early);
  const grant = offersProtocol(request)
    ? await authenticateFrame(handshake, socket, frames, request, "manage_events")
    : await grantOfHeader(handshake, request, "manage_events", socket);
  if (!grant) return;
  const inbox = new Inbox(socket, handshake.services, grant, observer);
  // From here on nothing is awaited: frames and pings are dealt with in the order they come.
  for (const frame of frames.handOver()) inbox.take(frame);
  for (const data of owed) inbox.confirm(data);
  socket.off("ping", early);
  socket.on("message", (data) => inbox.take(String(data)));
  socket.on("ping", (data) => inbox.confirm(data));
}

/** Events of one socket on their way into the database. */
class Inbox {
  private batch: ClientEvent[] = [];
  private waiting = 0;
  private stored: Promise<void> = Promise.resolve();
  private paused = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly services: Services,
    private readonly grant: WorkspaceGrant,
    private readonly observer: EventsInObserver,
  ) {}

  take(frame: string): void {
    const event = readEvent(frame);
    // A bad event is dropped: closing would make the client send it again for ever.
    if (typeof event === "string") {
      this.observer.refused(event);
      return;
    }
    if (this.batch.length === 0) setImmediate(() => this.flush());
    this.batch.push(event);
    this.waiting += 1;
    if (this.waiting > MAX_WAITING && !this.paused) {
      this.paused = true;
      this.socket.pause();
    }
  }

  confirm(data: Buffer): void {
    this.flush();
    this.stored.then(
      () => this.socket.readyState === this.socket.OPEN && this.socket.pong(data),
      () => this.socket.close(close.failed, "Events could not be stored"),
    );
  }

  private flush(): void {
    if (this.batch.length === 0) return;
    const events = this.batch;
    this.batch = [];
    const storing = this.store(events).finally(() => {
      this.waiting -= events.length;
      if (this.paused && this.waiting < MAX_WAITING / 2) {
        this.paused = false;
        this.socket.resume();
      }
    });
    this.stored = Promise.all([this.stored, storing]).then(() => undefined);
    this.stored.catch(() => this.socket.close(close.failed, "Events could not be stored"));
  }

  private async store(events: ClientEvent[]): Promise<void> {
    await this.observer.received(this.grant, events.length);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await recordEvents(openCtx(this.services, this.grant), events);
      } catch (error) {
        if (attempt === STORE_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt));
      }
    }
  }
}
