import { randomUUID } from "node:crypto";
import { initTRPC, TRPCError } from "@trpc/server";
import { errorCodes, WeirError } from "@weir/contracts";
import { grantedWorkspace, type Identity, openCtx } from "@weir/operations";
import superjson from "superjson";
import { z } from "zod";
import { services } from "./services.ts";
import { viewer } from "./session.ts";

/** What every procedure is given: the id that an error is reported under. */
export type RequestContext = { requestId: string };

/** A request's context. */
export function createContext(): RequestContext {
  return { requestId: randomUUID() };
}

const codes: Record<number, TRPCError["code"]> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  422: "UNPROCESSABLE_CONTENT",
  429: "TOO_MANY_REQUESTS",
  503: "SERVICE_UNAVAILABLE",
};

const t = initTRPC.context<RequestContext>().create({
  transformer: superjson,
  errorFormatter({ shape, error, ctx }) {
    const told = error.cause instanceof WeirError;
    const ours = told || error.code === "UNAUTHORIZED" || error.code === "NOT_FOUND" || error.code === "BAD_REQUEST";
    const { stack: _, ...data } = shape.data;
    return {
      ...shape,
      message: ours ? shape.message : "Something went wrong.",
      data: {
        ...data,
        requestId: ctx?.requestId ?? null,
        retryAfterSeconds: told ? (error.cause.retryAfterSeconds ?? null) : null,
      },
    };
  },
});

/** Translates what verbs throw; whatever else goes wrong is logged with its id and told to nobody. */
const translated = t.procedure.use(async ({ ctx, next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const { cause } = result.error;
  if (cause instanceof WeirError) {
    const code = codes[errorCodes[cause.code].status] ?? "INTERNAL_SERVER_ERROR";
    throw new TRPCError({ code, message: cause.message, cause });
  }
  if (result.error.code === "INTERNAL_SERVER_ERROR") console.error(`${ctx.requestId} ${path}`, cause ?? result.error);
  return result;
});

/** A procedure for whoever is signed in. */
export const signedIn = translated.use(async ({ next }) => {
  const identity = await viewer();
  if (!identity) throw new TRPCError({ code: "UNAUTHORIZED", message: "Your session has ended. Sign in again." });
  return next({ ctx: { identity, services: services() } });
});

/** Handles of a workspace, as they stand in its pages' addresses. */
const PlaceInput = z.object({ account: z.string(), workspace: z.string() });

/** A procedure inside a workspace: handles and session in, the verbs' own context out. Another tenant's is not found. */
export const inWorkspace = signedIn.input(z.object({ place: PlaceInput })).use(async ({ ctx, input, next }) => {
  const found = reachable(ctx.identity, input.place);
  const grant = found && grantedWorkspace(ctx.identity, found.accountId, found.workspaceId);
  if (!grant) throw new TRPCError({ code: "NOT_FOUND", message: "Workspace not found" });
  return next({ ctx: { verb: openCtx(ctx.services, grant) } });
});

/** The workspace of these handles among those that an identity may enter. */
export function reachable(identity: Identity, { account, workspace }: { account: string; workspace: string }) {
  return identity.workspaces.find((one) => one.accountHandle === account && one.workspaceHandle === workspace);
}

/** Gathers procedures. */
export const { router } = t;
