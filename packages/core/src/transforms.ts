import {
  type EmpiricalPolicy,
  isTerminal,
  type Micros,
  parseInstant,
  type RunState,
  secondsBetween,
} from "@weir/contracts";
import type { RunFacts } from "./judge.ts";
import type { RunChanges, Transition } from "./types.ts";

type TimedFacts = RunFacts & Omit<RunChanges, "policy" | "runCount" | "flowRunRunCount">;

/**
 * The state to store: stamped later than the one it follows, as a run's history is read in order of time and two states
 * of one instant would have none. `details` names the runs it belongs to.
 */
export function stamp(transition: Transition<unknown>, flowRunId: string | null, taskRunId: string | null): RunState {
  const { proposed, current, now, stateId } = transition;
  const details = { ...proposed.details };
  if (flowRunId !== null) details.flow_run_id = flowRunId;
  if (taskRunId !== null) details.task_run_id = taskRunId;
  return {
    id: stateId,
    type: proposed.type,
    name: proposed.name,
    timestamp: current === null || now > current.timestamp ? now : ((current.timestamp + 1) as Micros),
    message: proposed.message,
    data: proposed.data,
    details,
  };
}

/**
 * The columns of a run that follow from its states, whatever the rules said:
 *
 * - `startTime`: first entry into RUNNING; a run that ends without running started when it ended.
 * - `endTime`: entry into a terminal state, kept from one terminal state to the next, cleared on leaving.
 * - `totalRunSeconds`: grows by the time in RUNNING when that is left.
 * - `expectedStartTime`: from the first state, never moved. `nextScheduledStartTime`: while SCHEDULED.
 */
export function runChanges(
  run: TimedFacts,
  current: RunState | null,
  state: RunState,
  policy: EmpiricalPolicy,
  runCount: number,
): RunChanges {
  const ends = isTerminal(state.type);
  const at = state.timestamp;
  const dueText = state.type === "SCHEDULED" ? state.details.scheduled_time : undefined;
  const due = dueText ? (parseInstant(dueText) ?? at) : null;
  const heldEnd = current !== null && isTerminal(current.type) && !ends ? null : run.endTime;
  const endTime = ends ? (heldEnd ?? at) : heldEnd;
  const starts = state.type === "RUNNING" || (ends && heldEnd === null);
  const isRunning = current?.type === "RUNNING";
  return {
    policy,
    runCount,
    expectedStartTime: run.expectedStartTime ?? due ?? at,
    nextScheduledStartTime: due ?? (current?.type === "SCHEDULED" ? null : run.nextScheduledStartTime),
    startTime: run.startTime ?? (starts ? at : null),
    endTime,
    totalRunSeconds: isRunning ? run.totalRunSeconds + secondsBetween(current.timestamp, at) : run.totalRunSeconds,
  };
}
