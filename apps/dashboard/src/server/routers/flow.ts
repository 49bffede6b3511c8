import { filterFlows } from "@weir/operations";
import { z } from "zod";
import { inWorkspace, router } from "../trpc.ts";

/** Flows, as far as filters offer them. */
export const flowRouter = router({
  names: inWorkspace.input(z.object({ like: z.string().max(100).optional() })).query(async ({ ctx, input }) => {
    const flows = await filterFlows(ctx.verb, {
      ...(input.like ? { flows: { name: { like_: input.like } } } : {}),
      sort: "NAME_ASC",
      limit: 200,
    });
    return flows.map(({ id, name }) => ({ id, name }));
  }),
});
