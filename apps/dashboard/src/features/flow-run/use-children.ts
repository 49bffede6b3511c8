"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { FlowRunChildren } from "@weir/operations";
import type { Place } from "../../paths.ts";
import { correctClock } from "../../ui/clock.ts";
import { keyId, useLive } from "../live/live-provider.tsx";
import { useTRPC, useTRPCClient } from "../trpc/client.tsx";

const MOST_TASKS = 1_000;
const MOST_SUBFLOWS = 200;

const nothing: Pick<FlowRunChildren, "tasks" | "subflows" | "isCut"> = { tasks: [], subflows: [], isCut: false };

/**
 * The task runs and subflows of a run, kept true while they are shown: only what a hint names is read again. Of two
 * readings of a row the one with the greater version stays, so a late answer never turns time back.
 */
export function useChildren(place: Place, id: string, isWanted = true) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const options = trpc.flowRun.children.queryOptions({ place, id }, { enabled: isWanted });
  const query = useQuery(options);

  const pull = async (only: { taskIds: string[]; subflowIds: string[] } | undefined) => {
    const fresh = await client.flowRun.children.query({ place, id, only });
    correctClock(fresh.now);
    queries.setQueryData(options.queryKey, (known) =>
      known
        ? {
            ...known,
            isCut: known.isCut || fresh.isCut,
            tasks: merged(known.tasks, fresh.tasks),
            subflows: merged(known.subflows, fresh.subflows),
          }
        : fresh,
    );
  };

  useLive(
    "task_run",
    (key) => isWanted && Array.isArray(key) && key[2] === id,
    (keys) => {
      const taskIds = keys && [...new Set(keys.map(keyId))];
      return pull(taskIds && taskIds.length <= MOST_TASKS ? { taskIds, subflowIds: [] } : undefined);
    },
  );
  useLive(
    "flow_run",
    (key) => isWanted && Array.isArray(key) && key[2] === id,
    async (keys) => {
      const ids = [...new Set((keys ?? []).map(keyId))];
      for (let from = 0; from < ids.length; from += MOST_SUBFLOWS)
        await pull({ taskIds: [], subflowIds: ids.slice(from, from + MOST_SUBFLOWS) });
    },
  );
  return { ...(query.data ?? nothing), isRead: query.data !== undefined };
}

/** Known rows with newer readings put in their places and new rows after them. */
function merged<Row extends { id: string; version: number }>(known: Row[], fresh: Row[]): Row[] {
  if (fresh.length === 0) return known;
  const byId = new Map(fresh.map((row) => [row.id, row]));
  const rows = known.map((row) => {
    const read = byId.get(row.id);
    byId.delete(row.id);
    return read && read.version >= row.version ? read : row;
  });
  return [...rows, ...byId.values()];
}
