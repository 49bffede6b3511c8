import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { appRouter } from "../../../server/routers/app.ts";
import { createContext } from "../../../server/trpc.ts";

function handler(request: Request): Promise<Response> {
  return fetchRequestHandler({ endpoint: "/trpc", req: request, router: appRouter, createContext });
}

export { handler as GET, handler as POST };
