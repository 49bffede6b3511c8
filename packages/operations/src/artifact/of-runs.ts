import { Instant, inAddress, notFound, Uuid } from "@weir/contracts";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";

/** Runs inside runs are followed so far. */
const DEEPEST = 50;

/** No run's list is longer; the rest is listed by filter, page by page. */
const LISTED = 1_000;

const range = z.object({
  id: Uuid,
  depth: inAddress(z.number().int().min(0)).nullish(),
  since: Instant.nullish(),
  until: Instant.nullish(),
  sort: z.enum(["asc", "desc"]).default("desc"),
});

function madeBelow({ store }: Ctx, run: { flowRunId: string } | { taskRunId: string }, asked: z.output<typeof range>) {
  return store.artifacts.below(run, {
    depth: Math.min(asked.depth ?? DEEPEST, DEEPEST),
    since: asked.since ?? null,
    until: asked.until ?? null,
    descending: asked.sort === "desc",
    limit: LISTED,
  });
}

/** What a flow run made, with its task runs and the subflow runs below it; `depth` 0 leaves the subflow runs out. */
export const readFlowRunArtifacts = defineVerb({
  name: "artifact.of_flow_run",
  permission: "see_artifacts",
  input: range,
  async run(ctx, asked) {
    if (!(await ctx.store.flowRuns.get(asked.id))) throw notFound("Flow run");
    return madeBelow(ctx, { flowRunId: asked.id }, asked);
  },
});

/** What a task run made, with the subflow runs that it started; `depth` 0 leaves these out. */
export const readTaskRunArtifacts = defineVerb({
  name: "artifact.of_task_run",
  permission: "see_artifacts",
  input: range,
  async run(ctx, asked) {
    if (!(await ctx.store.taskRuns.get(asked.id))) throw notFound("Task run");
    return madeBelow(ctx, { taskRunId: asked.id }, asked);
  },
});
