import { inAddress, Limit, notFound, Uuid } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { isSeen, type Unchanging } from "../unchanging.ts";
import { EventFilter, toQuery } from "./filter.ts";
import { COUNT_CAP, type EventPage, pageOfEvents } from "./verbs.ts";

/** Further in a reader follows the pages. */
const FURTHEST = 5_000;

/** The events that involve a flow run, those of its task runs among them; nothing where there are no more than the reader knows of. */
export const readFlowRunEvents = defineVerb({
  name: "flow_run.events",
  permission: "see_events",
  input: z.object({
    id: Uuid,
    order: z.enum(["ASC", "DESC"]).default("DESC"),
    with_task_runs: inAddress(z.boolean().default(true)),
    limit: inAddress(Limit),
    offset: inAddress(z.number().int().min(0, "Input should be greater than or equal to 0").max(FURTHEST).default(0)),
    "if-none-match": z.string().optional(),
  }),
  async run(ctx, { id, order, with_task_runs, limit, offset, ...asked }): Promise<Unchanging<EventPage>> {
    if (!(await ctx.store.flowRuns.get(id))) throw notFound("Flow run");
    const filter = EventFilter.parse({
      any_resource: { id: [`prefect.flow-run.${id}`] },
      event: with_task_runs ? null : { exclude_prefix: ["prefect.task-run."] },
      order,
    });
    const query = toQuery(filter, ctx.now);
    const total = await ctx.store.events.count(query, COUNT_CAP);
    // Beyond what is counted, more events are not told from none.
    const etag = total < COUNT_CAP ? String(total) : undefined;
    if (isSeen(etag, asked["if-none-match"])) return { etag, body: undefined };
    return { etag, body: await pageOfEvents(ctx, { query, limit, after: null, total }, offset) };
  },
});
