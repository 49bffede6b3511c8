import { JsonText, WeirError } from "@weir/contracts";
import type { EventQuery, EventRow } from "@weir/db";
import { type ClientEvent, checkEvent, involvedIds, toldTaskRun } from "@weir/events";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { EventFilter, toQuery } from "./filter.ts";

/** Stores events that a client sent, and the task runs they tell of. Returning means stored. */
export async function recordEvents({ store, nowIso }: Ctx, events: readonly ClientEvent[]): Promise<void> {
  await store.events.record(
    events.map((event) => ({
      id: event.id,
      occurred: event.occurred,
      received: nowIso,
      name: event.event,
      resourceId: event.resource["prefect.resource.id"] ?? "",
      involved: involvedIds(event.resource, event.related),
      body: event.body,
      taskRun: toldTaskRun(event),
    })),
  );
}

/** Stores a list of events, all or none. */
export const postEvents = defineVerb({
  name: "event.post",
  permission: "manage_events",
  input: z.object({ texts: z.array(z.string()) }),
  async run(ctx, { texts }) {
    const events = texts.map((text, index) => {
      const event = checkEvent(JSON.parse(text), text);
      if (typeof event !== "string") return event;
      throw new WeirError("invalid", "Invalid request received.", {
        issues: [{ loc: ["body", index], msg: event, type: "value_error" }],
      });
    });
    await recordEvents(ctx, events);
  },
});

/** A page of events, its whole count (to 10,000) and the token of the next page. */
export type EventPage = { events: JsonText[]; total: number; nextToken: string | null };

/** Events are counted so far. */
export const COUNT_CAP = 10_000;
const MAX_PAGE = 200;

/** Events that match a filter; default newest first, fifty to a page. */
export const filterEvents = defineVerb({
  name: "event.filter",
  permission: "see_events",
  input: z.object({ filter: EventFilter.nullish(), limit: z.number().int().min(0).max(MAX_PAGE).nullish() }),
  async run(ctx, { filter, limit }): Promise<EventPage> {
    return pageOfEvents(ctx, { query: toQuery(filter, ctx.now), limit: limit ?? 50, after: null, total: null });
  },
});

/** The next page of a filter, by the token that the last one gave; 403 for a token we did not make. */
export const filterEventsNext = defineVerb({
  name: "event.filter_next",
  permission: "see_events",
  input: z.object({ "page-token": z.string() }),
  async run(ctx, input): Promise<EventPage> {
    const token = Token.safeParse(readToken(input["page-token"]));
    if (!token.success) throw new WeirError("forbidden", "Invalid page token");
    return pageOfEvents(ctx, token.data as PageAsked);
  },
});

type PageAsked = { query: EventQuery; limit: number; after: readonly [string, string] | null; total: number | null };

const Token = z.object({
  query: z.looseObject({
    occurred: z.object({ since: z.string(), until: z.string() }),
    order: z.enum(["ASC", "DESC"]),
  }),
  limit: z.number().int().min(1).max(MAX_PAGE),
  after: z.tuple([z.string(), z.string()]).nullable(),
  total: z.number().nullable(),
});

/** A page of events after `asked.after`, or after the first `offset`. `total` null: they are counted. */
export async function pageOfEvents({ store }: Ctx, asked: PageAsked, offset = 0): Promise<EventPage> {
  const { query, after, limit } = asked;
  const rows = limit === 0 ? [] : await store.events.list(query, after ?? undefined, limit, offset);
  const total = asked.total ?? (await store.events.count(asked.query, COUNT_CAP));
  const last = rows.length === asked.limit ? rows.at(-1) : undefined;
  const next: PageAsked | undefined = last && { ...asked, total, after: [last.occurred, last.id] };
  return {
    events: rows.map(wireEvent),
    total,
    nextToken: next ? Buffer.from(JSON.stringify(next)).toString("base64url") : null,
  };
}

function readToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

/** An event on the wire: what was sent, and when it came. */
export function wireEvent({ body, received }: Pick<EventRow, "body" | "received">): JsonText {
  const text = body.text.trimEnd();
  // A later member wins when a key stands twice, so a `received` that the client sent is overruled.
  return new JsonText(`${text.slice(0, -1)},"received":"${received}"}`);
}
