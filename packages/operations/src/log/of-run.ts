import { Instant, inAddress, Limit, LogSort, notFound, Offset, Uuid } from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { isSeen, type Unchanging } from "../unchanging.ts";
import { filterLogs } from "./verbs.ts";

const listed = z.string().transform((text) => text.split(",").map((one) => one.trim()));
const Level = inAddress(z.number().int().min(0, "Input should be greater than or equal to 0")).nullish();

/** A page of a flow run's log lines, as `filterLogs` tells them; nothing where the run has no more lines than the reader knows of. */
export const readFlowRunLogs = defineVerb({
  name: "flow_run.logs",
  permission: "see_flows",
  input: z.object({
    id: Uuid,
    level_ge: Level,
    level_le: Level,
    since: Instant.nullish(),
    until: Instant.nullish(),
    task_runs: listed.pipe(z.array(Uuid)).nullish(),
    task_runs_is_null: inAddress(z.boolean()).nullish(),
    loggers: listed.nullish(),
    text_query: z.string().max(200, "String should have at most 200 characters").nullish(),
    sort: LogSort,
    limit: inAddress(Limit),
    offset: inAddress(Offset),
    "if-none-match": z.string().optional(),
  }),
  async run(ctx, asked): Promise<Unchanging<Record<string, unknown>[]>> {
    const { id, sort, limit, offset } = asked;
    if (!(await ctx.store.flowRuns.get(id))) throw notFound("Flow run");
    const levels = await ctx.store.logs.countByLevel(id);
    const etag = String(levels.reduce((sum, { count }) => sum + count, 0));
    if (isSeen(etag, asked["if-none-match"])) return { etag, body: undefined };
    const logs = {
      flow_run_id: { any_: [id] },
      level: { ge_: asked.level_ge, le_: asked.level_le },
      timestamp: { after_: asked.since, before_: asked.until },
      task_run_id: { any_: asked.task_runs, is_null_: asked.task_runs_is_null },
      loggers: { any_: asked.loggers },
      text: asked.text_query ? { query: asked.text_query } : null,
    };
    return { etag, body: await filterLogs(ctx, { logs, sort, limit, offset }) };
  },
});
