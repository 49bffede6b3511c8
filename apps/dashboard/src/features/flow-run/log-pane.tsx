"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import type { ListedTaskRun } from "@weir/operations";
import { ArrowDownToLine, Search } from "lucide-react";
import { parseAsInteger, parseAsString, useQueryState } from "nuqs";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Place } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { LogLineRow } from "./log-line-row.tsx";
import { useLogLines } from "./use-log-lines.ts";

const ROW_PX = 20;
/** Closer to the end than this counts as being there. */
const AT_END_PX = 30;

const levels = [
  { value: 0, label: "All levels" },
  { value: 10, label: "Debug and above" },
  { value: 20, label: "Info and above" },
  { value: 30, label: "Warning and above" },
  { value: 40, label: "Error and above" },
];

type Props = {
  place: Place;
  flowRunId: string;
  tasks: ListedTaskRun[] /** The run has ended: nothing to follow. */;
  isOver: boolean;
};

/** What a run said, as it says it. Two hundred thousand lines are drawn as fast as ten. */
export function LogPane({ place, flowRunId, tasks, isOver }: Props) {
  const [level, setLevel] = useQueryState("level", parseAsInteger.withDefault(0));
  const [text, setText] = useQueryState("log", parseAsString.withDefault(""));
  const { log, count, isCaughtUp, error } = useLogLines(place, flowRunId, { level, text });
  const [isFollowing, setFollowing] = useState(!isOver);
  const [seen, setSeen] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 40,
  });
  const names = useMemo(() => new Map(tasks.map((task) => [task.id, task.name])), [tasks]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line moves the end
  useLayoutEffect(() => {
    const element = scroller.current;
    if (isFollowing && element) element.scrollTop = element.scrollHeight;
  }, [isFollowing, count]);
  useEffect(() => {
    if (isFollowing) setSeen(count);
  }, [isFollowing, count]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    // Only a move upwards is a wish to stay: the list growing under the view is none.
    if (element.scrollTop < lastTop.current && !isAtEnd) setFollowing(false);
    else if (isAtEnd && !isOver) setFollowing(true);
    lastTop.current = element.scrollTop;
  };

  const isNarrowed = level > 0 || text !== "";
  const unseen = count - seen;
  return (
    <section aria-label="Logs" className="overflow-hidden rounded-card border border-hairline bg-surface">
      <div className="flex flex-wrap items-center gap-2 border-hairline border-b px-3 py-2">
        <h2 className="mr-2 font-semibold">Logs</h2>
        <SearchField text={text} onChange={(next) => void setText(next || null)} />
        <select
          aria-label="Level"
          value={level}
          onChange={(event) => void setLevel(Number(event.target.value) || null, { history: "push" })}
          className="h-7 rounded-control border border-control/50 bg-surface px-1.5"
        >
          {levels.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <span className="ml-auto text-meta text-muted tabular-nums">
          {isCaughtUp ? "" : "reading… "}
          {log.lines.length.toLocaleString("en")} {log.lines.length === 1 ? "line" : "lines"}
        </span>
        <Button
          size="small"
          aria-pressed={isFollowing}
          onClick={() => setFollowing(!isFollowing)}
          className={isFollowing ? "border-text/60 bg-sunken" : ""}
        >
          <ArrowDownToLine aria-hidden />{" "}
          {isFollowing
            ? "Following"
            : unseen > 0 && !isOver
              ? `Follow: ${unseen.toLocaleString("en")} new`
              : "To the end"}
        </Button>
      </div>
      {error ? (
        <p role="alert" className="px-4 py-6 text-danger">
          The logs could not be read. {error}
        </p>
      ) : count === 0 && isCaughtUp ? (
        <p className="px-4 py-6 text-muted">{emptyWords(isNarrowed, isOver)}</p>
      ) : null}
      <div
        ref={scroller}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Log lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keyboards must reach it
        tabIndex={0}
        className={count === 0 ? "hidden" : "max-h-[min(60vh,640px)] overflow-auto focus-visible:-outline-offset-2"}
      >
        <div className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = log.rows[index];
            return row ? (
              <LogLineRow key={index} row={row} top={start} search={text} task={names.get(row.line.taskRunId ?? "")} />
            ) : null;
          })}
        </div>
      </div>
    </section>
  );
}

function emptyWords(isNarrowed: boolean, isOver: boolean): string {
  if (isNarrowed) return "No line matches. Clear the search or choose a lower level.";
  return isOver ? "This run logged nothing." : "Nothing has been logged yet. Lines appear here as they arrive.";
}

const TYPING_MS = 250;

function SearchField({ text, onChange }: { text: string; onChange(text: string): void }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <label className="relative w-64 max-w-full">
      <span className="sr-only">Search the logs</span>
      <Search aria-hidden className="absolute top-1.5 left-2 size-4 text-muted" />
      <input
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder="Search the logs"
        className="h-7 w-full rounded-control border border-control/50 bg-surface pr-2 pl-7 placeholder:text-muted"
      />
    </label>
  );
}
