import { errorCodes, type Issue, toWire, WeirError } from "@weir/contracts";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Answers every fault in the wire's own shape; what is not a WeirError is logged and told as a 500 without detail. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) => send(reply, request, toWeirError(error, request)));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const known = methods.some((method) => method !== request.method && isRoute(app, method, path));
    return send(
      reply,
      request,
      known ? new WeirError("method_not_allowed", "Method Not Allowed") : new WeirError("missing", "Not Found"),
    );
  });
}

/** Answers what Fastify refuses before any route is looked for (an address that cannot be decoded) as every other fault. */
export function answerEarlyError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  send(reply, request, toWeirError(error, request));
}

/** A route of the API; the front door's catch-all is none. */
function isRoute(app: FastifyInstance, method: (typeof methods)[number], url: string): boolean {
  const route = app.findRoute({ method, url });
  return route !== null && !("*" in (route.params ?? {}));
}

function toWeirError(error: unknown, request: FastifyRequest): WeirError {
  if (error instanceof WeirError) return error;
  const { statusCode, code } = error as Partial<FastifyError>;
  if (error instanceof SyntaxError || code === "FST_ERR_CTP_INVALID_JSON_BODY") {
    return new WeirError("invalid", "Invalid request received.", {
      issues: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }],
    });
  }
  if (statusCode === 413) return new WeirError("too_large", "The request body is too large.");
  if (statusCode === 415) return new WeirError("unsupported_media", "Send the body as application/json.");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new WeirError("bad_request", error instanceof Error ? error.message : "Bad Request");
  }
  request.log.error({ err: error }, "unhandled");
  return new WeirError("internal", "Internal Server Error", { cause: error });
}

function send(reply: FastifyReply, request: FastifyRequest, error: WeirError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) reply.header("retry-after", String(error.retryAfterSeconds));
  const body = error.issues
    ? invalid(error.message, error.issues, request.body)
    : { [errorCodes[error.code].wire]: error.message };
  return reply.code(error.status).header("content-type", "application/json; charset=utf-8").send(toWire(body));
}

function invalid(message: string, issues: Issue[], body: unknown) {
  return { exception_message: message, exception_detail: issues, request_body: body === undefined ? null : body };
}
