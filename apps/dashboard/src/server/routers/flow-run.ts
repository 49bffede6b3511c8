import {
  flowRunsById,
  pageFlowRuns,
  readFlowRunChildren,
  readFlowRunDetail,
  readFlowRunStates,
} from "@weir/operations";
import { z } from "zod";
import { filtersOf, RunsFilterInput } from "../runs-filter.ts";
import { shownStates } from "../shapes.ts";
import { inWorkspace, router } from "../trpc.ts";

/** Flow runs: lists, one run, and what runs inside it. */
export const flowRunRouter = router({
  page: inWorkspace
    .input(
      z.object({
        filter: RunsFilterInput,
        cursor: z.tuple([z.string(), z.string()]).nullish(),
        limit: z.number().optional(),
      }),
    )
    .query(({ ctx, input }) =>
      pageFlowRuns(ctx.verb, { ...filtersOf(input.filter, ctx.verb.nowIso), after: input.cursor, limit: input.limit }),
    ),
  byId: inWorkspace
    .input(z.object({ ids: z.array(z.string()) }))
    .query(({ ctx, input }) => flowRunsById(ctx.verb, { ids: input.ids })),
  detail: inWorkspace
    .input(z.object({ id: z.string() }))
    .query(({ ctx, input }) => readFlowRunDetail(ctx.verb, { id: input.id })),
  children: inWorkspace
    .input(
      z.object({
        id: z.string(),
        only: z.object({ taskIds: z.array(z.string()), subflowIds: z.array(z.string()) }).optional(),
      }),
    )
    .query(({ ctx, input }) => readFlowRunChildren(ctx.verb, { id: input.id, only: input.only })),
  states: inWorkspace
    .input(z.object({ id: z.string() }))
    .query(async ({ ctx, input }) => shownStates(await readFlowRunStates(ctx.verb, { flow_run_id: input.id }))),
});
