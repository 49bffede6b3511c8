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

/** A socket whose answers are lost is cut when its client has said this much: a key, where it sends one, and what came after. */
const SAID_BEFORE_CUT = 3;
/** What a message of text begins with. */
const TEXT_FRAME = 0x81;

/**
 * Stands between a client and `target` (an origin). `fateOf` is asked for each HTTP request and, as `SOCKET /path`, for each
 * socket, which passes or is cut once it was told a few things that it then had no time to confirm.
 */
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
    const shape = `SOCKET ${pathOf(incoming.url)}`;
    const fate = fateOf(shape);
    seen.push({ shape, fate });
    let said = 0;
    const upstream = connect(Number(port), hostname, () => {
      const lines = [`GET ${incoming.url} HTTP/1.1`];
      for (let n = 0; n < incoming.rawHeaders.length; n += 2) {
        lines.push(`${incoming.rawHeaders[n]}: ${incoming.rawHeaders[n + 1]}`);
      }
      upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
      socket.on("data", (data: Buffer) => {
        if (data[0] === TEXT_FRAME) said += 1;
        if (fate !== "lose" || said < SAID_BEFORE_CUT) return;
        upstream.unpipe(socket);
        socket.destroy();
        upstream.end(); // what was said is read before that
      });
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

/** The first answer to each kind of write is lost, but for those of which `passes`. */
export function losingFirst(passes: (shape: string) => boolean): (shape: string) => Fate {
  const lost = new Set<string>();
  return (shape) => {
    if (shape.startsWith("GET") || shape.endsWith("filter") || passes(shape) || lost.has(shape)) return "pass";
    lost.add(shape);
    return "lose";
  };
}

function pathOf(url = ""): string {
  return url.replace(/^.*\/workspaces\/[^/]+/, "").replace(/[0-9a-f-]{36}/g, ":id");
}

function shapeOf({ method, url }: IncomingMessage, body: Buffer): string {
  const path = pathOf(url);
  const type = path.endsWith("/set_state") ? /"type":\s*"([A-Z]+)"/.exec(String(body))?.[1] : undefined;
  return type ? `${method} ${path} ${type}` : `${method} ${path}`;
}
