"use client";

import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** False until the page's script runs: what does nothing before that is shown disabled. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
