"use client";

import { useSyncExternalStore } from "react";

// One clock for all that ticks, corrected by what the server last said the time was.

const listeners = new Set<() => void>();
let offsetMs = 0;
let tick = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    tick = serverNow();
    for (const one of listeners) one();
  }, 500);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's time now, in milliseconds. */
function serverNow(): number {
  return Date.now() + offsetMs;
}

/** Corrects the clock by an instant that the server sent just now. */
export function correctClock(serverIso: string): void {
  const server = Date.parse(serverIso);
  if (Number.isFinite(server)) offsetMs = server - Date.now();
}

/** The server's time, anew twice a second. 0 while the page is drawn on the server. */
export function useNow(): number {
  return useSyncExternalStore(
    subscribe,
    () => {
      // The first reading, and after a pause, must not be an old tick.
      if (tick === 0 || Math.abs(serverNow() - tick) > 1_000) tick = serverNow();
      return tick;
    },
    () => 0,
  );
}
