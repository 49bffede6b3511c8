"use client";

import { type KeyboardEvent, useState } from "react";
import type { TimelineRow } from "./timeline-rows.ts";

const PAGE = 12;

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
  const outward = () => rows.findLastIndex((one, at) => at < index && one.level < (rows[index]?.level ?? 1));
  const act = (key: string, row: TimelineRow): boolean => {
    const isFlow = row.kind === "flow";
    if (key === "ArrowDown") move(index + 1);
    else if (key === "ArrowUp") move(index - 1);
    else if (key === "PageDown") move(index + PAGE);
    else if (key === "PageUp") move(index - PAGE);
    else if (key === "Home") move(0);
    else if (key === "End") move(rows.length - 1);
    else if (key === "ArrowRight") isFlow && !row.isExpanded ? toggle(row.id, true) : move(index + 1);
    else if (key === "ArrowLeft") row.isExpanded ? toggle(row.id, false) : move(outward());
    else if (key === "Enter") open(row);
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[index];
    if (row && event.target === event.currentTarget && act(event.key, row)) event.preventDefault();
  };
  return { active: index, setActive, onKeyDown };
}
