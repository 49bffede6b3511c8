import { createApiKey, listApiKeys, revokeApiKey } from "@weir/operations";
import { z } from "zod";
import { router, signedIn } from "../trpc.ts";

const TERMINAL_DAYS = 30;

const Name = z.string().trim().min(1, "Give the key a name.").max(200);

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

/** A user's own keys. */
export const apiKeyRouter = router({
  list: signedIn.query(({ ctx }) => listApiKeys(ctx.services, ctx.identity)),
  create: signedIn
    .input(z.object({ name: Name, days: z.number().int().min(1).max(3_650).nullable() }))
    .mutation(({ ctx, input }) =>
      createApiKey(ctx.services, ctx.identity, {
        name: input.name,
        expiration: input.days === null ? null : inDays(input.days),
      }),
    ),
  createForTerminal: signedIn
    .input(z.object({ name: Name }))
    .mutation(({ ctx, input }) =>
      createApiKey(ctx.services, ctx.identity, { name: input.name, expiration: inDays(TERMINAL_DAYS) }),
    ),
  revoke: signedIn
    .input(z.object({ id: z.string() }))
    .mutation(({ ctx, input }) => revokeApiKey(ctx.services, ctx.identity, input.id)),
});

/** A key as its owner sees it: never more than its ends. */
export type ListedApiKey = Awaited<ReturnType<typeof listApiKeys>>[number];
