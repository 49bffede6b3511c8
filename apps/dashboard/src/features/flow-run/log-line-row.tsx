"use client";

import { cn } from "../../ui/cn.ts";
import { formatClock } from "../../ui/time.ts";
import type { LogRow } from "./log-lines.ts";

const levelNames: [number, string][] = [
  [50, "CRITICAL"],
  [40, "ERROR"],
  [30, "WARNING"],
  [20, "INFO"],
  [10, "DEBUG"],
];

type Props = {
  row: LogRow;
  top: number;
  /** Words to mark. */
  search: string;
  /** The task run that said it, by name. */
  task: string | undefined;
};

/** One row of the log pane, twenty pixels high whatever it says. */
export function LogLineRow({ row, top, search, task }: Props) {
  const { line, text, part } = row;
  const isBad = line.level >= 40;
  return (
    <div
      style={{ top }}
      className={cn(
        "absolute flex h-5 min-w-full items-center gap-3 whitespace-pre px-4 font-mono text-meta leading-5 hover:bg-sunken",
        isBad && "bg-danger-tint/60 hover:bg-danger-tint",
      )}
    >
      <time dateTime={line.timestamp} title={line.timestamp} className="w-[12ch] shrink-0 text-muted">
        {part === 0 ? formatClock(Date.parse(line.timestamp)) : ""}
      </time>
      <span
        className={cn(
          "w-[8ch] shrink-0",
          isBad ? "font-semibold text-danger" : line.level >= 30 ? "font-semibold text-(--late-text)" : "text-muted",
        )}
      >
        {part === 0 ? levelName(line.level) : ""}
      </span>
      <span className="w-[20ch] shrink-0 truncate text-muted" title={line.logger}>
        {part === 0 ? (task ?? shortLogger(line.logger)) : ""}
      </span>
      <span className={isBad ? "text-danger" : ""}>
        <Marked text={text} search={search} />
      </span>
    </div>
  );
}

function levelName(level: number): string {
  return levelNames.find(([least]) => level >= least)?.[1] ?? String(level);
}

/** `prefect.flow_runs` → `flow run`: the usual loggers by what they speak for. */
function shortLogger(logger: string): string {
  return (
    { "prefect.flow_runs": "flow run", "prefect.task_runs": "task run" }[logger] ?? logger.replace(/^prefect\./, "")
  );
}

function Marked({ text, search }: { text: string; search: string }) {
  const at = search === "" ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-[2px] bg-(--late) text-[#16191d]">{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}
