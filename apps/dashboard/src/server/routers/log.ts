import { tailLogs } from "@weir/operations";
import { z } from "zod";
import { shownLines } from "../shapes.ts";
import { inWorkspace, router } from "../trpc.ts";

/** Log lines of a flow run. */
export const logRouter = router({
  tail: inWorkspace
    .input(
      z.object({
        flowRunId: z.string(),
        after: z.object({ timestamp: z.string(), id: z.string() }).optional(),
        level: z.number().optional(),
        text: z.string().max(200).optional(),
        limit: z.number().optional(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { flowRunId, after, level, text, limit } = input;
      const { lines, hasMore } = await tailLogs(ctx.verb, { flow_run_id: flowRunId, after, level, text, limit });
      return { lines: shownLines(lines), hasMore };
    }),
});
