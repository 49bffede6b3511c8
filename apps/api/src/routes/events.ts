import { elementTexts, toWire } from "@weir/contracts";
import {
  countEvents,
  type EventPage,
  filterEvents,
  filterEventsNext,
  postEvents,
  type Services,
} from "@weir/operations";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { inputOf, sendJson, workspaceDoors } from "../door.ts";
import { list } from "./logs.ts";

/** `/events` */
export function eventRoutes(app: FastifyInstance, services: Services): void {
  const door = workspaceDoors(app, services);
  door("POST", "/events", postEvents, {
    status: 204,
    input: (request) => ({ texts: sources(request) }),
    bodyAs: "events",
    vital: true,
    countsElements: true,
  });
  door("POST", "/events/filter", filterEvents, { send: sendPage });
  for (const countable of ["day", "time", "event", "resource"]) {
    door("POST", `/events/count-by/${countable}`, countEvents, {
      input: (request) => ({ ...inputOf(request), countable }),
    });
  }
  door("GET", "/events/filter/next", filterEventsNext, { send: sendPage });
}

/** The source text of each event in the body, so that each is stored as it was sent. */
function sources(request: FastifyRequest): string[] {
  const events = list(request);
  const texts = elementTexts(request.bodyText ?? "");
  return events.map((event, index) => texts[index] ?? toWire(event));
}

/** The next page's address is absolute, at the address that the caller used. */
export function sendPage({ events, total, nextToken }: EventPage, reply: FastifyReply): FastifyReply {
  const { request } = reply;
  const { account_id, workspace_id } = request.params as Record<string, string>;
  const forwarded = request.headers["x-forwarded-proto"];
  const protocol = typeof forwarded === "string" ? forwarded.split(",")[0] : request.protocol;
  const next =
    nextToken &&
    `${protocol}://${request.host}/api/accounts/${account_id}/workspaces/${workspace_id}/events/filter/next?page-token=${nextToken}`;
  return sendJson(reply, 200, { events, total, next_page: next });
}
