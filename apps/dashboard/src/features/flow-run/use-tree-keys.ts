"use client";

import { type KeyboardEvent, useState } from "react";
import type { TimelineRow } from "./timeline-rows.ts";

type Actions = {
  toggle(id: string, open: boolean): void;
  open(row: TimelineRow): void;
  /** Brings a row into view. */
  show(index: number): void;
};

/** The keys of a tree: arrows move and open, Home and End jump, Enter goes there. */
export function useTreeKeys(rows: TimelineRow[], { toggle, open, show }: Actions) {
  const [active, setActive] = useState(0);
  const index = Math.min(active, rows.length - 1);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setActive(next);
    show(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[index];
    if (!row || event.target !== event.currentTarget) return;
    const acts: Record<string, () => void> = {
      ArrowDown: () => move(index + 1),
      ArrowUp: () => move(index - 1),
      PageDown: () => move(index + 12),
      PageUp: () => move(index - 12),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      ArrowRight: () => (row.kind === "flow" && !row.isExpanded ? toggle(row.id, true) : move(index + 1)),
      ArrowLeft: () =>
        row.isExpanded
          ? toggle(row.id, false)
          : move(rows.findLastIndex((one, at) => at < index && one.level < row.level)),
      Enter: () => open(row),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  return { active: index, setActive, onKeyDown };
}
