import type { Server } from "node:http";
import type { WebSocket } from "ws";
import { close } from "./handshake.ts";

const PING_EVERY_MS = 20_000;
const CLOSE_WITHIN_MS = 1_000;
/** Bytes that may wait for a slow reader before it is told to come back. */
const MAX_WAITING_BYTES = 16_777_216;

/** Watches a socket: pings it, and drops a peer that answered none of the last two. */
export function watch(socket: WebSocket): void {
  let missed = 0;
  const timer = setInterval(() => {
    if (missed >= 2) return socket.terminate();
    missed += 1;
    socket.ping();
  }, PING_EVERY_MS);
  const alive = () => {
    missed = 0;
  };
  socket.on("pong", alive);
  socket.on("message", alive);
  socket.on("ping", alive);
  socket.on("close", () => {
    clearInterval(timer);
  });
  socket.on("error", () => socket.terminate());
}

/** Sends a frame unless the reader is too far behind: then it is closed, and backfills when it returns. */
export function sendOrDrop(socket: WebSocket, frame: string): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAX_WAITING_BYTES) socket.close(close.overloaded, "Too far behind");
  else socket.send(frame);
}

/**
 * Lets nobody in any more; settles when all who are in have left. To be called before sockets are told to come back: they do so
 * at once, and stock clients take any answer for the last word but a connection that is refused.
 */
export function shutDoor(server: Server): Promise<void> {
  // An upgrade that came at the last moment is answered as any call is; nobody would end its connection otherwise.
  server.removeAllListeners("upgrade");
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Closes every socket for a restart, and waits a moment until the peers know. */
export async function closeSockets(sockets: Iterable<WebSocket>): Promise<void> {
  const closing = [...sockets].map(
    (socket) =>
      new Promise<void>((resolve) => {
        if (socket.readyState === socket.CLOSED) return resolve();
        socket.once("close", resolve);
        socket.close(close.restarting, "Restarting");
        setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref();
      }),
  );
  await Promise.all(closing);
}
