import { isTerminal, type Micros, type StateType } from "@weir/contracts";
import { type Check, check, told } from "./check.ts";

/** A task run that was handed in to run in the background, with what may hold it up. */
export type TaskRunWait = {
  taskKey: string;
  stateType: StateType;
  /** Null: it is in no queue, and its own engine runs it. */
  queued: { dueAt: Micros; holder: string | null } | null;
  /** Connected task workers that serve its key. */
  workers: readonly string[];
};

/** Why a background task waits; empty for a task that its own engine runs. */
export function explainTaskRun({ taskKey, stateType, queued, workers }: TaskRunWait, now: Micros): Check[] {
  if (queued === null || isTerminal(stateType)) return [];
  const facts = { task_key: taskKey, task_workers: workers };
  return [
    check(
      "not_due",
      queued.holder !== null || queued.dueAt <= now,
      { due_at: told(queued.dueAt), kind: "schedule" },
      {
        fix: "Wait: it is for later.",
      },
    ),
    check("no_task_worker", queued.holder !== null || workers.length > 0, facts, {
      fix: `Start a process that serves the task "${taskKey}".`,
    }),
    check(
      "taken_by_task_worker",
      queued.holder === null,
      { ...facts, holder: queued.holder, until: told(queued.dueAt) },
      {
        fix: "The worker that took it starts it; when that worker stays silent until then, another gets it.",
      },
    ),
  ];
}
