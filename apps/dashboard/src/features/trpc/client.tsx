"use client";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import superjson from "superjson";
import { paths } from "../../paths.ts";
import type { AppRouter } from "../../server/routers/app.ts";

const context = createTRPCContext<AppRouter>();

/** The procedures, typed, for queries and mutations. */
export const useTRPC = context.useTRPC;
/** The bare client, for calls that are no query. */
export const useTRPCClient = context.useTRPCClient;

/** What went wrong with a call, as the server tells it. */
export type CallError = { code: string; message: string; requestId: string | null };

/** Reads an error of a call; anything else is a failed connection. */
export function callError(error: unknown): CallError {
  if (error instanceof TRPCClientError && error.data) {
    const data = error.data as { code?: string; requestId?: string | null };
    return { code: data.code ?? "INTERNAL_SERVER_ERROR", message: error.message, requestId: data.requestId ?? null };
  }
  return { code: "OFFLINE", message: "Weir cannot be reached.", requestId: null };
}

function onError(error: unknown): void {
  // The session has ended: sign in and come back exactly here.
  if (callError(error).code !== "UNAUTHORIZED") return;
  window.location.assign(paths.login(window.location.pathname + window.location.search));
}

function retries(count: number, error: unknown): boolean {
  const { code } = callError(error);
  return count < 3 && (code === "OFFLINE" || code === "SERVICE_UNAVAILABLE" || code === "TOO_MANY_REQUESTS");
}

/** Queries and procedures for all pages below. Live hints say when to read again, so nothing refetches by itself. */
export function DataProvider({ children }: { children: ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        queryCache: new QueryCache({ onError }),
        mutationCache: new MutationCache({ onError }),
        defaultOptions: { queries: { staleTime: 30_000, retry: retries, refetchOnWindowFocus: false } },
      }),
  );
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: "/trpc", transformer: superjson, maxURLLength: 8_000, maxItems: 10 })],
    }),
  );
  return (
    <QueryClientProvider client={queries}>
      <context.TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}
