// biome-ignore-all lint/a11y/useSemanticElements: rows are drawn only where they are in view; a table cannot be that
// biome-ignore-all lint/a11y/useFocusableInteractive: the tree has the focus, and names its active row
"use client";

import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { type Place, paths } from "../../paths.ts";
import { cn } from "../../ui/cn.ts";
import { stateLook, stateWords } from "../../ui/state.ts";
import { formatDuration } from "../../ui/time.ts";
import type { TimelineRow } from "./timeline-rows.ts";

/** The columns that axis and lines share: name, bars, duration. */
export const columns =
  "grid grid-cols-[minmax(7rem,18rem)_minmax(5rem,1fr)_3.5rem] gap-2 sm:gap-3 sm:grid-cols-[minmax(9rem,18rem)_minmax(0,1fr)_5rem]";

type Props = {
  place: Place;
  row: TimelineRow;
  index: number;
  top: number;
  /** What the bars' width stands for, in milliseconds; `now` is where lasting bars end. */
  span: { from: number; to: number; now: number };
  isActive: boolean;
  onPoint(): void;
  onToggle(): void;
};

/** One task run or subflow: its name, its bar, its duration. */
export function TimelineLine({ place, row, index, top, span, isActive, onPoint, onToggle }: Props) {
  const { hue, icon: Icon, pattern } = stateLook(row.state.type, row.state.name);
  const length = span.to - span.from;
  const end = row.end ?? Math.max(row.start, span.now);
  const left = Math.max(0, Math.min(1, (row.start - span.from) / length));
  const width = Math.max(0, Math.min(1 - left, (end - row.start) / length));
  const seconds = (end - row.start) / 1000;
  const words = stateWords(row.state.name);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      role="row"
      id={`row-${row.id}`}
      aria-level={row.level}
      aria-rowindex={index + 1}
      aria-expanded={row.kind === "flow" ? row.isExpanded : undefined}
      onClick={onPoint}
      style={{ top }}
      className={cn(
        columns,
        "absolute inset-x-0 h-7 items-center px-4 hover:bg-sunken",
        isActive && "group-focus:bg-sunken",
      )}
    >
      <div role="gridcell" className="flex min-w-0 items-center gap-1.5" style={{ paddingLeft: (row.level - 1) * 16 }}>
        {row.kind === "flow" ? (
          <button
            type="button"
            tabIndex={-1}
            aria-label={row.isExpanded ? `Close ${row.name}` : `Open ${row.name}`}
            onClick={onToggle}
            className="-ml-1 grid size-5 shrink-0 place-items-center rounded-control text-muted hover:text-text"
          >
            <ChevronRight aria-hidden className={cn("size-4 transition-transform", row.isExpanded && "rotate-90")} />
          </button>
        ) : (
          <span className="w-4 shrink-0" />
        )}
        <span data-hue={hue} className="shrink-0 text-(--on-tint)" title={words}>
          <Icon aria-hidden className="size-3.5" strokeWidth={2.25} />
        </span>
        {row.kind === "flow" ? (
          <Link
            href={paths.run(place, row.id)}
            prefetch={false}
            tabIndex={-1}
            className="truncate font-medium hover:underline"
          >
            {row.name}
          </Link>
        ) : (
          <span className="truncate" title={row.name}>
            {row.name}
          </span>
        )}
      </div>
      <div role="gridcell" aria-label={words} className="relative h-full border-hairline border-l">
        <div
          data-hue={hue}
          data-pattern={pattern}
          className="bar absolute top-1.5 h-4 min-w-[3px]"
          style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
          title={`${row.name}: ${words}, ${formatDuration(seconds)}`}
        />
      </div>
      <div role="gridcell" className="text-right text-muted tabular-nums">
        {formatDuration(seconds)}
      </div>
    </div>
  );
}
