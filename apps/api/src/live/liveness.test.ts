import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { watch } from "./liveness.ts";

let http: Server;
let sockets: WebSocketServer;

beforeEach(async () => {
  // Only the pace of pings is ours to move; sockets run by themselves.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  http = createServer();
  sockets = new WebSocketServer({ server: http });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
});
afterEach(() => {
  vi.useRealTimers();
  sockets.close();
  http.closeAllConnections();
  http.close();
});

const port = () => (http.address() as AddressInfo).port;
/** The server's end of the next connection, watched. */
const accepted = async () => {
  const [socket] = (await once(sockets, "connection")) as [WebSocket];
  watch(socket);
  return socket;
};

/** PrefectHQ/prefect#18840. Prefect's server 3.8.8 behaves well: it lets go of a peer that answers no ping after 40 s. */
test("a peer that died without a close frame is noticed within a minute", async () => {
  const accepting = accepted();
  const peer = connect(port(), "127.0.0.1");
  // It shakes hands, and then neither reads nor writes again: its machine lost power.
  peer.write(
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  peer.pause();
  peer.on("error", () => undefined);
  const socket = await accepting;
  const closed = once(socket, "close");
  vi.advanceTimersByTime(40_000);
  expect(socket.readyState).toBe(WebSocket.OPEN);
  vi.advanceTimersByTime(20_000);
  await closed;
  peer.destroy();
});

test("a peer that answers pings stays, however little it says", async () => {
  const accepting = accepted();
  const peer = new WebSocket(`ws://127.0.0.1:${port()}`);
  const socket = await accepting;
  for (let turn = 0; turn < 6; turn += 1) {
    const answered = once(socket, "pong");
    vi.advanceTimersByTime(20_000);
    await answered;
  }
  expect(socket.readyState).toBe(WebSocket.OPEN);
  peer.terminate();
});
