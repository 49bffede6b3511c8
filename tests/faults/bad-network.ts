import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";

/** What happens to a request: it passes, its answer is lost once it was served, or it is refused unserved. */
export type Fate = "pass" | "lose" | { status: number; retryAfter?: number };

/** A request that came to the proxy: `shape` is its method and path without ids, and the type of the state it proposes. */
type Seen = { shape: string; fate: Fate };

/** A proxy: `origin` stands for the server's, `seen` is what came, in order. */
export type BadNetwork = { origin: string; seen: Seen[]; close(): Promise<void> };

/** Stands between a client and `target` (an origin). `fateOf` is asked for each HTTP request; sockets always pass. */
export async function badNetwork(target: string, fateOf: (shape: string) => Fate): Promise<BadNetwork> {
  const { hostname, port } = new URL(target);
  const seen: Seen[] = [];
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const shape = shapeOf(incoming, body);
    const fate = fateOf(shape);
    seen.push({ shape, fate });
    if (typeof fate === "object") {
      response.writeHead(fate.status, fate.retryAfter ? { "retry-after": String(fate.retryAfter) } : {});
      response.end("{}");
      return;
    }
    const { method, url, headers } = incoming;
    const outgoing = ask({ hostname, port, method, path: url, headers });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    const answered = await buffer(answer);
    if (fate === "lose") {
      incoming.socket.destroy();
      return;
    }
    const { "transfer-encoding": _, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, kept);
    response.end(answered);
  }

  server.on("upgrade", (incoming, socket, head) => {
    const upstream = connect(Number(port), hostname, () => {
      const lines = [`GET ${incoming.url} HTTP/1.1`];
      for (let n = 0; n < incoming.rawHeaders.length; n += 2) {
        lines.push(`${incoming.rawHeaders[n]}: ${incoming.rawHeaders[n + 1]}`);
      }
      upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function shapeOf({ method, url = "" }: IncomingMessage, body: Buffer): string {
  const path = url.replace(/^.*\/workspaces\/[^/]+/, "").replace(/[0-9a-f-]{36}/g, ":id");
  const type = path.endsWith("/set_state") ? /"type":\s*"([A-Z]+)"/.exec(String(body))?.[1] : undefined;
  return type ? `${method} ${path} ${type}` : `${method} ${path}`;
}
