"use client";

import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import type { ListedFlowRun } from "@weir/operations";
import { useCallback, useMemo, useState } from "react";
import type { Place } from "../../paths.ts";
import { correctClock } from "../../ui/clock.ts";
import { keyId, useLive } from "../live/live-provider.tsx";
import { useTRPC, useTRPCClient } from "../trpc/client.tsx";
import type { RunsFilter } from "./filter.ts";

const PAGE = 50;
/** Shown rows read again in one pull. */
const MOST = 200;

/**
 * The runs that match a filter, kept true while they are shown: known rows change in place; new ones wait until they are
 * asked for, unless `isSettled` says that nobody would notice rows move.
 */
export function useLiveRuns(place: Place, filter: RunsFilter, isSettled: () => boolean) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [waiting, setWaiting] = useState(0);
  const options = trpc.flowRun.page.infiniteQueryOptions(
    { place, filter, limit: PAGE },
    { getNextPageParam: (page) => page.next ?? undefined, initialCursor: null },
  );
  const query = useInfiniteQuery(options);
  const { queryKey } = options;
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);

  const refresh = useCallback(async () => {
    setWaiting(0);
    const first = await client.flowRun.page.query({ place, filter, limit: PAGE });
    correctClock(first.now);
    queries.setQueryData(queryKey, { pages: [first], pageParams: [null] });
  }, [client, place, filter, queries, queryKey]);

  const merge = (fresh: ListedFlowRun[], gone: Set<string>) => {
    const byId = new Map(fresh.map((run) => [run.id, run]));
    const newer = (known: ListedFlowRun) => {
      const read = byId.get(known.id);
      return read && read.version >= known.version ? read : known;
    };
    queries.setQueryData(
      queryKey,
      (data) =>
        data && {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            items: page.items.filter((run) => !gone.has(run.id)).map(newer),
          })),
        },
    );
  };

  useLive(
    "flow_run",
    () => true,
    async (keys) => {
      if (!query.data) return;
      const shown = new Set(items.map((run) => run.id));
      const changed = keys ? [...new Set(keys.map(keyId))] : [...shown];
      const known = changed.filter((id) => shown.has(id)).slice(0, MOST);
      const mayHaveNew = !keys || changed.length > known.length;
      const [read, head] = await Promise.all([
        known.length > 0 ? client.flowRun.byId.query({ place, ids: known }) : undefined,
        mayHaveNew ? client.flowRun.page.query({ place, filter, limit: PAGE }) : undefined,
      ]);
      if (read) {
        correctClock(read.now);
        const found = new Set(read.items.map((run) => run.id));
        merge(read.items, new Set(known.filter((id) => !found.has(id))));
      }
      if (!head) return;
      const fresh = head.items.filter((run) => !shown.has(run.id)).length;
      if (fresh > 0 && isSettled()) {
        setWaiting(0);
        queries.setQueryData(queryKey, { pages: [head], pageParams: [null] });
      } else if (fresh > 0) setWaiting(fresh);
    },
  );

  return { query, items, waiting, refresh };
}
