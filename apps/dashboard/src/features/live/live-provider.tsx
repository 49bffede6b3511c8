"use client";

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Place } from "../../paths.ts";
import { correctClock } from "../../ui/clock.ts";
import { type Hint, LiveConnection, type LiveStatus } from "./connection.ts";

type Listener = { onHints(hints: Hint[]): void; onReset(): void };

type Live = { status: LiveStatus; listen(listener: Listener): () => void };

const LiveContext = createContext<Live | undefined>(undefined);

/** Opens the tab's one stream, for the workspace of the pages below. */
export function LiveProvider({ place, children }: { place: Place; children: ReactNode }) {
  const [status, setStatus] = useState<LiveStatus>("connecting");
  const listeners = useRef(new Set<Listener>());
  const { account, workspace } = place;
  useEffect(() => {
    const query = new URLSearchParams({ account, workspace });
    const connection = new LiveConnection(`/live?${query}`, {
      onStatus: setStatus,
      onHints(hints) {
        for (const one of listeners.current) one.onHints(hints);
      },
      onReset() {
        for (const one of listeners.current) one.onReset();
      },
      onServerTime: correctClock,
    });
    return () => connection.stop();
  }, [account, workspace]);
  const listen = useCallback((listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const live = useMemo(() => ({ status, listen }), [status, listen]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** The stream's status; `undefined` outside a workspace. */
export function useLiveStatus(): LiveStatus | undefined {
  return useContext(LiveContext)?.status;
}

const PULL_EVERY_MS = 250;
const AFTER_FAILURE_MS = 2_000;

/**
 * Calls `pull` with the keys that hints of `noun` named, gathered: at most four times a second, and never while the last
 * pull runs. `keys` is undefined when anything may have changed. Only keys that `isWanted` accepts count.
 */
export function useLive(
  noun: string,
  isWanted: (key: unknown) => boolean,
  pull: (keys: unknown[] | undefined) => Promise<void>,
): void {
  const live = useContext(LiveContext);
  const listen = live?.listen;
  const wanted = useEffectEvent(isWanted);
  const pullNow = useEffectEvent(pull);
  const gathered = useRef<{ keys: unknown[]; everything: boolean }>({ keys: [], everything: false });
  useEffect(() => {
    if (!listen) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isPulling = false;
    let lastPull = 0;
    const schedule = () => {
      if (timer !== undefined || isPulling) return;
      timer = setTimeout(run, Math.max(0, lastPull + PULL_EVERY_MS - Date.now()));
    };
    const run = async () => {
      timer = undefined;
      isPulling = true;
      lastPull = Date.now();
      const { keys, everything } = gathered.current;
      gathered.current = { keys: [], everything: false };
      try {
        await pullNow(everything ? undefined : keys);
      } catch {
        // What was not read is asked for again with what comes next.
        gathered.current.everything ||= everything;
        gathered.current.keys.unshift(...keys);
        lastPull = Date.now() + AFTER_FAILURE_MS;
      } finally {
        isPulling = false;
        if (gathered.current.everything || gathered.current.keys.length > 0) schedule();
      }
    };
    const stop = listen({
      onHints(hints) {
        const keys = hints
          .filter((hint) => hint.noun === noun)
          .flatMap((hint) => hint.keys.filter((key) => wanted(key)));
        if (keys.length === 0) return;
        gathered.current.keys.push(...keys);
        schedule();
      },
      onReset() {
        gathered.current.everything = true;
        schedule();
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [listen, noun]);
}

/** Id of a hint's key: `[id, version, …]`. */
export function keyId(key: unknown): string {
  return Array.isArray(key) ? String(key[0]) : String(key);
}
