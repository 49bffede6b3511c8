import type { WebSocket } from "ws";
import { close } from "./handshake.ts";

const PING_EVERY_MS = 20_000;
/** Bytes that may wait for a slow reader before it is told to come back. */
const MAX_WAITING_BYTES = 16_777_216;

/** Every open socket: closed with "restarting" when the process stops, so that clients come back at once. */
const open = new Set<WebSocket>();

/** Watches a socket: pings it, and drops a peer that answered none of the last two. */
export function watch(socket: WebSocket): void {
  open.add(socket);
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
    open.delete(socket);
  });
  socket.on("error", () => socket.terminate());
}

/** Sends a frame unless the reader is too far behind: then it is closed, and backfills when it returns. */
export function sendOrDrop(socket: WebSocket, frame: string): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAX_WAITING_BYTES) socket.close(close.overloaded, "Too far behind");
  else socket.send(frame);
}

/** Closes every socket for a restart. */
export function closeSockets(): void {
  for (const socket of open) socket.close(close.restarting, "Restarting");
}
