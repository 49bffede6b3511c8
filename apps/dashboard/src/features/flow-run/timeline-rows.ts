import type { FlowRunChildren, ListedFlowRun, ListedTaskRun } from "@weir/operations";

/** A line of the timeline: a task run or a subflow, at its depth in the tree. */
export type TimelineRow = {
  id: string;
  kind: "task" | "flow";
  name: string;
  /** 1 for what the run itself started. */
  level: number;
  state: ListedTaskRun["state"];
  /** Milliseconds since the epoch; `end` is undefined while it lasts. */
  start: number;
  end: number | undefined;
  runSeconds: number;
  isExpanded: boolean;
  /** How many levels' worth of children are still being read. */
  isReading: boolean;
};

type Children = Pick<FlowRunChildren, "tasks" | "subflows">;

/**
 * The tree as lines, in order of start. `childrenOf` gives what runs inside an expanded subflow, undefined while it is
 * read. A task run that only stands for a subflow gives way to it.
 */
export function timelineRows(
  children: Children,
  expanded: ReadonlySet<string>,
  childrenOf: (id: string) => Children | undefined,
  level = 1,
): TimelineRow[] {
  const subflowIds = new Set(children.subflows.map((run) => run.id));
  const own = [
    ...children.tasks
      .filter((task) => task.childFlowRunId === null || !subflowIds.has(task.childFlowRunId))
      .map((task) => rowOf(task, "task", level)),
    ...children.subflows.map((run) => rowOf(run, "flow", level)),
  ].sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
  return own.flatMap((row) => {
    if (row.kind === "task" || !expanded.has(row.id)) return [row];
    const inside = childrenOf(row.id);
    const open = { ...row, isExpanded: true, isReading: inside === undefined };
    return inside ? [open, ...timelineRows(inside, expanded, childrenOf, level + 1)] : [open];
  });
}

function rowOf(run: ListedTaskRun | ListedFlowRun, kind: TimelineRow["kind"], level: number): TimelineRow {
  const begun = run.startTime ?? run.expectedStartTime ?? run.state.timestamp;
  const end = run.endTime ?? (isTerminal(run.state.type) ? run.state.timestamp : null);
  return {
    id: run.id,
    kind,
    name: run.name,
    level,
    state: run.state,
    start: Date.parse(begun),
    end: end === null ? undefined : Date.parse(end),
    runSeconds: run.runSeconds,
    isExpanded: false,
    isReading: false,
  };
}

function isTerminal(type: string): boolean {
  return type === "COMPLETED" || type === "FAILED" || type === "CRASHED" || type === "CANCELLED";
}

/** Marks for an axis of `seconds`, at round steps: where (0 to 1) and how many seconds after the start. */
export function axisMarks(seconds: number, most = 7): { at: number; seconds: number }[] {
  if (!(seconds > 0)) return [{ at: 0, seconds: 0 }];
  const steps = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
    86_400,
  ];
  const step = steps.find((one) => seconds / one <= most) ?? Math.ceil(seconds / most / 86_400) * 86_400;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => ({
    at: (index * step) / seconds,
    seconds: index * step,
  }));
}
