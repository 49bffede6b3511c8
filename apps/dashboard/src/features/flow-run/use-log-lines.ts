"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import type { Place } from "../../paths.ts";
import { useLive } from "../live/live-provider.tsx";
import { callError, useTRPCClient } from "../trpc/client.tsx";
import { LogLines } from "./log-lines.ts";

const PAGE = 2_000;

/** Which lines to read: at least of a level, and with these words in them. */
export type LogQuery = { level: number; text: string };

type Shown = { log: LogLines; count: number; isCaughtUp: boolean; error: string | undefined };

const empty = (): Shown => ({ log: new LogLines(), count: 0, isCaughtUp: false, error: undefined });

/**
 * The lines of a run that match, read from the first on, page by page, until the last; then again, from shortly before the
 * last one seen, whenever a hint says that there are more.
 */
export function useLogLines(place: Place, flowRunId: string, { level, text }: LogQuery): Shown {
  const client = useTRPCClient();
  const [shown, setShown] = useState(empty);
  const state = useRef(shown);
  const { account, workspace } = place;

  const pull = useCallback(
    async (signal?: AbortSignal) => {
      const { log } = state.current;
      for (;;) {
        const { lines, hasMore } = await client.log.tail.query(
          {
            place: { account, workspace },
            flowRunId,
            after: log.resumeAfter(state.current.isCaughtUp),
            ...(level > 0 ? { level } : {}),
            // The words as one phrase: a search for "bad row" is not one for "bad".
            ...(text ? { text: `"${text.replaceAll(/["\\]/g, "\\$&")}"` } : {}),
            limit: PAGE,
          },
          signal ? { signal } : {},
        );
        if (signal?.aborted || state.current.log !== log) return;
        const added = log.add(lines);
        // A full page of lines already known would be asked for again: go on from the last one instead.
        const isCaughtUp = !hasMore || (added === 0 && state.current.isCaughtUp);
        state.current = { log, count: log.rows.length, isCaughtUp, error: undefined };
        setShown(state.current);
        if (isCaughtUp) return;
      }
    },
    [client, account, workspace, flowRunId, level, text],
  );

  useEffect(() => {
    const controller = new AbortController();
    state.current = empty();
    setShown(state.current);
    pull(controller.signal).catch((error: unknown) => {
      if (controller.signal.aborted) return;
      state.current = { ...state.current, error: callError(error).message };
      setShown(state.current);
    });
    return () => controller.abort();
  }, [pull]);

  useLive(
    "log",
    (key) => key === flowRunId,
    () => pull(),
  );
  return shown;
}
