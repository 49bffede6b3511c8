"use client";

import { useVirtualizer } from "@tanstack/react-virtual";
import type { ListedFlowRun, ListedTaskRun } from "@weir/operations";
import { useRef } from "react";
import type { Place } from "../../paths.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Tags } from "../../ui/tags.tsx";
import { Duration, TimeStamp } from "../../ui/times.tsx";
import { RunsTable } from "../runs/runs-table.tsx";

const ROW_PX = 40;
const columns = "grid grid-cols-[10rem_minmax(0,1fr)_9rem_6rem_5rem_minmax(0,14rem)] items-center gap-3 px-4";

/** The task runs of a run, as a list: ten thousand of them are no trouble. */
export function TaskRunList({ tasks, isCut }: { tasks: ListedTaskRun[]; isCut: boolean }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: tasks.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_PX, overscan: 10 });
  if (tasks.length === 0) return <Nothing>No task has run.</Nothing>;
  return (
    <div role="table" aria-label="Task runs" aria-rowcount={tasks.length} className="overflow-x-auto rounded-card border border-hairline bg-surface">
      <div className="min-w-3xl">
        <div role="rowgroup">
          <div role="row" className={`${columns} h-9 border-hairline border-b text-meta font-medium text-muted`}>
            {["State", "Task run", "Start", "Duration", "Attempts", "Tags"].map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div ref={scroller} role="rowgroup" className="max-h-[70vh] overflow-y-auto">
          <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const task = tasks[index];
              return task ? <TaskRow key={task.id} task={task} index={index} top={start} /> : null;
            })}
          </div>
        </div>
        {isCut ? <p className="border-hairline border-t px-4 py-2 text-muted">The first {tasks.length.toLocaleString("en")} are shown.</p> : null}
      </div>
    </div>
  );
}

function TaskRow({ task, index, top }: { task: ListedTaskRun; index: number; top: number }) {
  const { state } = task;
  return (
    <div role="row" aria-rowindex={index + 2} className={`${columns} absolute inset-x-0 h-10 border-hairline border-b`} style={{ top }}>
      <span role="cell">
        <StateBadge type={state.type} name={state.name} />
      </span>
      <span role="cell" className="truncate font-medium" title={state.message ?? undefined}>
        {task.name}
      </span>
      <span role="cell" className="text-muted">
        {task.startTime ? <TimeStamp iso={task.startTime} /> : "–"}
      </span>
      <span role="cell">
        {task.startTime ? <Duration seconds={task.runSeconds} since={state.type === "RUNNING" ? state.timestamp : undefined} /> : "–"}
      </span>
      <span role="cell" className="text-muted">
        {task.runCount}
      </span>
      <span role="cell">
        <Tags tags={task.tags} most={2} />
      </span>
    </div>
  );
}

/** The flow runs that a run started. */
export function SubflowList({ place, subflows }: { place: Place; subflows: ListedFlowRun[] }) {
  return subflows.length === 0 ? <Nothing>This run started no other flow.</Nothing> : <RunsTable place={place} runs={subflows} />;
}

function Nothing({ children }: { children: string }) {
  return <p className="rounded-card border border-hairline border-dashed px-4 py-6 text-muted">{children}</p>;
}
