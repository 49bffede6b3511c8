import httpProxy from "@fastify/http-proxy";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** How long ordinary answers of the dashboard may go on once the process stops; event streams end at once. */
const STOP_WITHIN_MS = 3_000;
const HEADERS_WITHIN_MS = 60_000;
const RETRY_AFTER_SECONDS = 2;

/** Paths that are this process's own: what it does not know there is a 404, never the dashboard's. */
const OURS = /^\/+(api|hooks)([/?]|$)/;

/**
 * One address for everything: what is neither `/api` nor `/hooks` is forwarded to the dashboard, bodies untouched and
 * streams unbuffered. While the dashboard is away callers get 503 and a time to come back.
 */
export async function frontDoor(app: FastifyInstance, dashboardOrigin: string): Promise<void> {
  await app.register(async (scope) => {
    // Bodies pass as streams: the API's own parser must not read them.
    scope.removeAllContentTypeParsers();
    endStreamsAtStop(scope);
    await scope.register(httpProxy, {
      upstream: dashboardOrigin,
      // As many connections as there are open tabs; a stream may be silent for as long as it likes.
      undici: { connections: null, bodyTimeout: 0, headersTimeout: HEADERS_WITHIN_MS },
      destroyAgent: true,
      disableRequestLogging: true,
      preHandler: (request, reply, done) => {
        if (OURS.test(request.url)) reply.callNotFound();
        else done();
      },
      replyOptions: {
        rewriteRequestHeaders: (request, headers) => ({ ...headers, ...forwarded(request as FastifyRequest) }),
        onError: (reply, { error }) => away(reply as FastifyReply, error),
      },
    });
  });
}

/** Who asked, and at which address. A proxy before us that ends TLS has said so already. */
function forwarded(request: FastifyRequest): Record<string, string> {
  const before = (name: string) => String(request.headers[name] ?? "");
  const hops = [before("x-forwarded-for"), request.socket.remoteAddress ?? ""].filter((hop) => hop !== "");
  return {
    "x-forwarded-host": before("x-forwarded-host") || request.host,
    "x-forwarded-proto": before("x-forwarded-proto") || request.protocol,
    "x-forwarded-for": hops.join(", "),
  };
}

function away(reply: FastifyReply, error: Error): void {
  reply.log.warn({ err: error.cause ?? error }, "the dashboard does not answer");
  reply.code(503).header("retry-after", String(RETRY_AFTER_SECONDS)).header("cache-control", "no-store");
  if (String(reply.request.headers.accept ?? "").includes("text/html")) {
    void reply.type("text/html; charset=utf-8").send(AWAY_PAGE);
  } else void reply.send({ detail: "The dashboard does not answer. Try again in a moment." });
}

const AWAY_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${RETRY_AFTER_SECONDS}"><title>Weir is starting</title>
<style>:root{color-scheme:light dark}body{font:16px system-ui;display:grid;place-items:center;height:90vh}</style>
<p>The dashboard does not answer yet. This page tries again by itself.</p></html>`;

/** An open stream would keep the process from stopping: each is cut, and browsers connect again. */
function endStreamsAtStop(scope: FastifyInstance): void {
  const open = new Set<FastifyReply>();
  scope.addHook("onRequest", async (_request, reply) => {
    open.add(reply);
    reply.raw.on("close", () => open.delete(reply));
  });
  scope.addHook("preClose", async () => {
    for (const reply of open) {
      if (String(reply.getHeader("content-type")).startsWith("text/event-stream")) reply.raw.destroy();
    }
    setTimeout(() => {
      for (const reply of open) reply.raw.destroy();
    }, STOP_WITHIN_MS).unref();
  });
}
