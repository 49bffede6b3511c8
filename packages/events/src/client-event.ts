import { formatInstant, memberTexts, parseInstant, parseUuid } from "@weir/contracts";

/** A resource: labels and values, all text. */
export type Resource = Record<string, string>;

/** An event as a client sent it, checked. `body` is the text that came; instants are canonical ISO text. */
export type ClientEvent = {
  id: string;
  occurred: string;
  event: string;
  resource: Resource;
  related: Resource[];
  payload: Record<string, unknown>;
  follows: string | null;
  body: string;
};

/** Bytes of the largest event that is taken. */
export const MAX_EVENT_BYTES = 1_500_000;

/**
 * Reads an event from its JSON text. Returns a sentence saying what is wrong when it is not one. Hand-written rather than
 * a schema: it runs ten thousand times a second.
 */
export function readEvent(text: string): ClientEvent | string {
  if (text.length > MAX_EVENT_BYTES) return `Event is larger than ${MAX_EVENT_BYTES} bytes`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return "Event is not valid JSON";
  }
  return checkEvent(parsed, text);
}

/** As readEvent, for a value parsed already; `text` is its source. */
export function checkEvent(parsed: unknown, text: string): ClientEvent | string {
  if (!isObject(parsed)) return "Event must be an object";
  const { event, resource, related, payload, follows } = parsed;
  const id = typeof parsed.id === "string" ? parseUuid(parsed.id) : undefined;
  if (id === undefined) return "Event id must be a UUID";
  const instant = typeof parsed.occurred === "string" ? parseInstant(parsed.occurred) : undefined;
  if (instant === undefined) return "Event occurred must be a datetime";
  if (typeof event !== "string" || event === "" || event.length > 1024)
    return "Event name must be 1 to 1024 characters";
  if (!isResource(resource)) return "Event resource must be labels with text values, prefect.resource.id among them";
  const others = related ?? [];
  if (!Array.isArray(others) || others.length > 500) return "Event related must be a list of at most 500 resources";
  for (const one of others) {
    if (!isResource(one) || typeof one["prefect.resource.role"] !== "string") {
      return "Each related resource needs prefect.resource.id and prefect.resource.role";
    }
  }
  return {
    id,
    occurred: isCanonical(parsed.occurred as string) ? (parsed.occurred as string) : formatInstant(instant),
    event,
    resource,
    related: others as Resource[],
    payload: isObject(payload) ? payload : {},
    follows: typeof follows === "string" ? (parseUuid(follows) ?? null) : null,
    // PostgreSQL's json takes any text but a NUL escape; it may not stand in a document.
    body: text.includes("\\u0000") ? text.replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, "$1") : text,
  };
}

/** Source text of a member of the event's payload, for documents that must stay as they were sent. */
export function payloadTexts(event: ClientEvent): Map<string, string> {
  return memberTexts(memberTexts(event.body).get("payload") ?? "{}");
}

/** Resource ids that an event can be found by: its own and every related one but tags, each once. */
export function involvedIds(resource: Resource, related: readonly Resource[]): string[] {
  const ids = new Set<string>([resource["prefect.resource.id"] ?? ""]);
  for (const one of related) {
    if (one["prefect.resource.role"] !== "tag") ids.add(one["prefect.resource.id"] ?? "");
  }
  ids.delete("");
  return [...ids];
}

/** First related resource in a role; `undefined` when there is none. */
export function inRole(related: readonly Resource[], role: string): Resource | undefined {
  return related.find((one) => one["prefect.resource.role"] === role);
}

/** The id behind a resource id of this kind: `prefect.flow-run.{uuid}`. */
export function idOf(kind: string, resourceId: string | undefined): string | undefined {
  const prefix = `prefect.${kind}.`;
  return resourceId?.startsWith(prefix) ? parseUuid(resourceId.slice(prefix.length)) : undefined;
}

/** An instant's text is already what formatInstant would write. */
function isCanonical(text: string): boolean {
  return text.length === 27 && text[10] === "T" && text[19] === "." && text[26] === "Z" && !text.endsWith(".000000Z");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isResource(value: unknown): value is Resource {
  if (!isObject(value)) return false;
  let labels = 0;
  for (const key in value) {
    labels += 1;
    if (typeof value[key] !== "string") return false;
  }
  return labels <= 500 && typeof value["prefect.resource.id"] === "string" && value["prefect.resource.id"] !== "";
}
