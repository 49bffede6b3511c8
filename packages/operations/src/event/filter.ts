import { addSeconds, formatInstant, Instant, JsonText, type Micros, Uuid } from "@weir/contracts";
import type { EventQuery } from "@weir/db";
import { z } from "zod";

/** A list that constrains; an empty one does not, unlike in filters of rows: clients send `[]` for what they leave unset. */
const some = <T extends z.ZodType>(element: T) =>
  z
    .array(element)
    .nullish()
    .transform((list) => (list && list.length > 0 ? list : null));
const strings = some(z.string());
const labels = z
  .unknown()
  .transform((value) => (value instanceof JsonText ? value.value() : value))
  .pipe(z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullish())
  .optional();
/** Each part is a condition of its own in the query; in a part, lists may be as long as they like. */
const MOST_PARTS = 100;
const oneOrMany = <T extends z.ZodType>(schema: T) =>
  z.union([z.array(schema).max(MOST_PARTS), schema.transform((one) => [one])]).nullish();

const Related = z.strictObject({
  id: strings,
  role: strings,
  resources_in_roles: some(z.tuple([z.string(), z.string()])),
  labels,
});
const AnyResource = z.strictObject({ id: strings, id_prefix: strings, labels });

/** Filter of events, as clients send it; strict, every member optional. */
export const EventFilter = z.strictObject({
  occurred: z.strictObject({ since: Instant.nullish(), until: Instant.nullish() }).nullish(),
  event: z.strictObject({ prefix: strings, exclude_prefix: strings, name: strings, exclude_name: strings }).nullish(),
  resource: z.strictObject({ id: strings, id_prefix: strings, labels, distinct: z.boolean().nullish() }).nullish(),
  related: oneOrMany(Related),
  any_resource: oneOrMany(AnyResource),
  id: z.strictObject({ id: some(Uuid) }).nullish(),
  text: z.strictObject({ query: z.string().max(200) }).nullish(),
  order: z.enum(["ASC", "DESC"]).nullish(),
});

export type EventFilter = z.output<typeof EventFilter>;

const DEFAULT_DAYS = 180;

/** The query that a filter means at `now`: the last half year, newest first, unless it says otherwise. */
export function toQuery(filter: EventFilter | null | undefined, now: Micros): EventQuery {
  return {
    occurred: {
      since: filter?.occurred?.since ?? formatInstant(addSeconds(now, -DEFAULT_DAYS * 86_400)),
      until: filter?.occurred?.until ?? formatInstant(now),
    },
    event: filter?.event,
    resource: filter?.resource,
    related: filter?.related,
    any_resource: filter?.any_resource,
    id: filter?.id,
    text: filter?.text?.query,
    order: filter?.order ?? "DESC",
  };
}
