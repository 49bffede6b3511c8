"use client";

import { formatClock, formatMark } from "../../ui/time.ts";
import { columns } from "./timeline-line.tsx";
import { axisMarks } from "./timeline-rows.ts";

/** Seconds since the run began, above the bars. */
export function TimelineAxis({ from, to }: { from: number; to: number }) {
  const seconds = (to - from) / 1000;
  return (
    <div aria-hidden className={`${columns} h-7 items-center border-hairline border-b px-4 text-caption text-muted`}>
      <span suppressHydrationWarning>from {formatClock(from)}</span>
      <div className="@container relative h-4">
        {axisMarks(seconds).map((mark) =>
          mark.at <= 0.96 ? (
            <span
              key={mark.seconds}
              className="absolute top-0 h-4 overflow-hidden whitespace-nowrap border-hairline border-l pl-1 max-w-0 @min-[14rem]:max-w-none"
              style={{ left: `${mark.at * 100}%` }}
            >
              {mark.seconds === 0 ? "0" : formatMark(mark.seconds)}
            </span>
          ) : null,
        )}
      </div>
      <span className="text-right">Duration</span>
    </div>
  );
}
