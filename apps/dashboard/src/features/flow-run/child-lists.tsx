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
const heading = "h-9 px-3 text-left text-meta font-medium text-muted";
const cell = "h-10 px-3";

/** The task runs of a run. Only the rows in view are drawn: ten thousand of them are no trouble. */
export function TaskRunList({ tasks, isCut }: { tasks: ListedTaskRun[]; isCut: boolean }) {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  if (tasks.length === 0) return <Nothing>No task has run.</Nothing>;
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <section
      ref={scroller}
      aria-label="Task runs"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keyboards must reach it
      tabIndex={0}
      className="max-h-[70vh] overflow-auto rounded-card border border-hairline bg-surface focus-visible:-outline-offset-2"
    >
      <table aria-rowcount={tasks.length + 1} className="w-full min-w-3xl table-fixed border-collapse">
        <caption className="sr-only">Task runs, in order of start</caption>
        <thead className="sticky top-0 z-[1] bg-surface shadow-[0_1px_0_var(--hairline)]">
          <tr aria-rowindex={1}>
            <th scope="col" className={`${heading} w-44`}>
              State
            </th>
            <th scope="col" className={heading}>
              Task run
            </th>
            <th scope="col" className={`${heading} w-32`}>
              Start
            </th>
            <th scope="col" className={`${heading} w-28 text-right`}>
              Duration
            </th>
            <th scope="col" className={`${heading} w-24 text-right`}>
              Attempts
            </th>
            <th scope="col" className={`${heading} w-64`}>
              Tags
            </th>
          </tr>
        </thead>
        <tbody>
          {above > 0 ? <tr aria-hidden style={{ height: above }} /> : null}
          {items.map(({ index }) => {
            const task = tasks[index];
            return task ? <TaskRow key={task.id} task={task} index={index} /> : null;
          })}
          {below > 0 ? <tr aria-hidden style={{ height: below }} /> : null}
        </tbody>
      </table>
      {isCut ? (
        <p className="border-hairline border-t px-3 py-2 text-muted">
          The first {tasks.length.toLocaleString("en")} are shown.
        </p>
      ) : null}
    </section>
  );
}

function TaskRow({ task, index }: { task: ListedTaskRun; index: number }) {
  const { state } = task;
  return (
    <tr aria-rowindex={index + 2} className="border-hairline border-b last:border-b-0">
      <td className={cell}>
        <StateBadge type={state.type} name={state.name} />
      </td>
      <th scope="row" className={`${cell} truncate text-left font-medium`} title={state.message ?? task.name}>
        {task.name}
      </th>
      <td className={`${cell} text-muted`}>{task.startTime ? <TimeStamp iso={task.startTime} /> : "–"}</td>
      <td className={`${cell} text-right`}>
        {task.startTime ? (
          <Duration seconds={task.runSeconds} since={state.type === "RUNNING" ? state.timestamp : undefined} />
        ) : (
          "–"
        )}
      </td>
      <td className={`${cell} text-right text-muted`}>{task.runCount}</td>
      <td className={cell}>
        <Tags tags={task.tags} most={2} />
      </td>
    </tr>
  );
}

/** The flow runs that a run started. */
export function SubflowList({ place, subflows }: { place: Place; subflows: ListedFlowRun[] }) {
  return subflows.length === 0 ? (
    <Nothing>This run started no other flow.</Nothing>
  ) : (
    <RunsTable place={place} runs={subflows} />
  );
}

function Nothing({ children }: { children: string }) {
  return <p className="rounded-card border border-hairline border-dashed px-4 py-6 text-muted">{children}</p>;
}
