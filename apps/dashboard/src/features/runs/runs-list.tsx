"use client";

import { ArrowUp } from "lucide-react";
import { useRef } from "react";
import type { Place } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorMessage } from "../../ui/error-message.tsx";
import { callError } from "../trpc/client.tsx";
import { FirstRun, NoMatch } from "./no-runs.tsx";
import { RunsSkeleton, RunsTable } from "./runs-table.tsx";
import { useRunsFilter } from "./use-filter.ts";
import { useLiveRuns } from "./use-live-runs.ts";

/** The list itself, in every state it can be in. */
export function RunsList({ place, commands }: { place: Place; commands: { login: string } }) {
  const { filter, isNarrowed, clear, choose } = useRunsFilter();
  const table = useRef<HTMLDivElement>(null);
  const isSettled = () => window.scrollY < 8 && !table.current?.contains(document.activeElement);
  const { query, items, waiting, refresh } = useLiveRuns(place, filter, isSettled);

  if (query.isPending) return <RunsSkeleton />;
  if (query.isError && items.length === 0) {
    const { message, requestId } = callError(query.error);
    return (
      <ErrorMessage
        title="The runs could not be read"
        message={message}
        requestId={requestId}
        retry={() => void query.refetch()}
      />
    );
  }
  if (items.length === 0) {
    return isNarrowed ? (
      <NoMatch filter={filter} onClear={clear} onChange={choose} />
    ) : (
      <FirstRun commands={commands} />
    );
  }
  return (
    <div ref={table} className="relative grid gap-3">
      <div aria-live="polite" className="pointer-events-none sticky top-14 z-10 -mb-3 flex h-0 justify-center">
        {waiting > 0 ? (
          <Button
            kind="primary"
            size="small"
            className="pointer-events-auto rounded-full shadow-lg"
            onClick={() => {
              window.scrollTo({ top: 0 });
              void refresh();
            }}
          >
            <ArrowUp aria-hidden /> {waiting === 50 ? "50+" : waiting} new {waiting === 1 ? "run" : "runs"}
          </Button>
        ) : null}
      </div>
      <RunsTable place={place} runs={items} />
      <div className="flex items-center justify-between text-muted">
        <span>
          {items.length} {items.length === 1 ? "run" : "runs"} shown
        </span>
        {query.hasNextPage ? (
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            {query.isFetchingNextPage ? "Reading…" : "Show older runs"}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
