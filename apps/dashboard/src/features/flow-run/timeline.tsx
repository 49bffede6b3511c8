// biome-ignore-all lint/a11y/useSemanticElements: rows are drawn only where they are in view; a table cannot be that
"use client";

import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { FlowRunDetail, ListedFlowRun, ListedTaskRun } from "@weir/operations";
import { useRouter } from "next/navigation";
import { useMemo, useRef, useState } from "react";
import { type Place, paths } from "../../paths.ts";
import { useNow } from "../../ui/clock.ts";
import { formatDuration } from "../../ui/time.ts";
import { useTRPC } from "../trpc/client.tsx";
import { TimelineAxis } from "./timeline-axis.tsx";
import { TimelineLine } from "./timeline-line.tsx";
import { timelineRows } from "./timeline-rows.ts";
import { useChildren } from "./use-children.ts";
import { useTreeKeys } from "./use-tree-keys.ts";

const ROW_PX = 28;

type Props = {
  place: Place;
  run: FlowRunDetail;
  tasks: ListedTaskRun[];
  subflows: ListedFlowRun[];
  isCut: boolean;
  /** False until the children have been read once. */
  isRead: boolean;
};

/** What ran when: a bar for each task run and subflow. It is a tree of rows, so screen readers and keys read it too. */
export function Timeline({ place, run, tasks, subflows, isCut, isRead }: Props) {
  const router = useRouter();
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const rows = useRows(place, tasks, subflows, expanded);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const now = useNow();
  const isOver = run.endTime !== null;
  const from = Math.min(
    Date.parse(run.startTime ?? run.expectedStartTime),
    ...rows.slice(0, 1).map((row) => row.start),
  );
  const latest = rows.reduce((most, row) => Math.max(most, row.end ?? row.start), from);
  const to = Math.max(latest, run.endTime ? Date.parse(run.endTime) : now, from + 1);

  const toggle = (id: string, open: boolean) =>
    setExpanded((known) => {
      const next = new Set(known);
      if (open) next.add(id);
      else next.delete(id);
      return next;
    });
  const { active, setActive, onKeyDown } = useTreeKeys(rows, {
    toggle,
    open: (row) => row.kind === "flow" && router.push(paths.run(place, row.id)),
    show: (index) => virtual.scrollToIndex(index),
  });

  if (isRead && rows.length === 0) return <Nothing isOver={isOver} />;
  const failed = rows.filter((row) => row.state.type === "FAILED" || row.state.type === "CRASHED").length;
  return (
    <figure data-ready={isRead} data-bins={rows.length} className="rounded-card border border-hairline bg-surface">
      <figcaption className="flex flex-wrap items-center gap-x-4 border-hairline border-b px-4 py-2 text-muted">
        <span>
          {rows.length.toLocaleString("en")}
          {isCut ? "+" : ""} task runs and subflows in {formatDuration((to - from) / 1000)}
          {failed > 0 ? <span className="text-danger">, {failed} failed</span> : null}
        </span>
      </figcaption>
      {[...expanded].map((id) => (
        <LiveBranch key={id} place={place} id={id} />
      ))}
      <TimelineAxis from={from} to={to} />
      <div
        ref={scroller}
        role="treegrid"
        aria-label="Timeline"
        aria-rowcount={rows.length}
        aria-activedescendant={rows[active] ? `row-${rows[active].id}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="group relative max-h-[364px] overflow-y-auto focus-visible:-outline-offset-2"
      >
        <div role="rowgroup" style={{ height: virtual.getTotalSize() }} className="relative">
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return row ? (
              <TimelineLine
                key={row.id}
                place={place}
                row={row}
                index={index}
                top={start}
                span={{ from, to, now: isOver ? to : Math.max(now, from) }}
                isActive={index === active}
                onPoint={() => setActive(index)}
                onToggle={() => toggle(row.id, !row.isExpanded)}
              />
            ) : null;
          })}
        </div>
      </div>
    </figure>
  );
}

/** Keeps what runs inside an expanded subflow true. */
function LiveBranch({ place, id }: { place: Place; id: string }) {
  useChildren(place, id);
  return null;
}

function useRows(place: Place, tasks: ListedTaskRun[], subflows: ListedFlowRun[], expanded: ReadonlySet<string>) {
  const trpc = useTRPC();
  const ids = [...expanded];
  const inside = useQueries({ queries: ids.map((id) => trpc.flowRun.children.queryOptions({ place, id })) });
  const read = inside.map((query) => query.data);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the answers themselves, whose number varies
  return useMemo(
    () => timelineRows({ tasks, subflows }, expanded, (id) => read[ids.indexOf(id)]),
    [tasks, subflows, expanded, ...read],
  );
}

function Nothing({ isOver }: { isOver: boolean }) {
  return (
    <p className="rounded-card border border-hairline border-dashed px-4 py-6 text-muted">
      {isOver
        ? "This run called no task and no other flow."
        : "No task or subflow has started yet. They appear here as they do."}
    </p>
  );
}
