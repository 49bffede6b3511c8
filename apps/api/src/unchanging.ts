import type { Unchanging } from "@weir/operations";
import type { FastifyReply, FastifyRequest } from "fastify";
import { inputOf, sendJson } from "./door.ts";

/** A call's input with what the caller has seen already. */
export function seenBefore(request: FastifyRequest): Record<string, unknown> {
  return { ...inputOf(request), "if-none-match": request.headers["if-none-match"] };
}

/** Sends an answer with its etag, or 304 to whoever has it; `send` sends the body, as JSON when absent. */
export function sendUnlessSeen<T>(send = (body: T, reply: FastifyReply): unknown => sendJson(reply, 200, body)) {
  return ({ etag, body }: Unchanging<T>, reply: FastifyReply): unknown => {
    if (etag !== undefined) reply.header("etag", `"${etag}"`);
    return body === undefined ? reply.code(304).send() : send(body, reply);
  };
}
