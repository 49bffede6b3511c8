import {
  defaultStateName,
  formatInstant,
  JsonText,
  type Micros,
  type ProposedState,
  parseInstant,
  type RunState,
  type StateDetails,
  type StateType,
} from "@weir/contracts";
import type { FlowRunFacts, TaskRunFacts, Transition } from "./types.ts";

/** Builders for tests of rules. Noon of one day is "now"; a state is written as its type, or as parts of it. */

export const NOON = parseInstant("2026-08-01T12:00:00Z") as Micros;
export const FLOW_RUN = "019fb000-0000-7000-8000-000000000001";
export const TASK_RUN = "019fb000-0000-7000-8000-000000000002";
const CURRENT = "019fb000-0000-7000-8000-00000000000c";
const NEXT = "019fb000-0000-7000-8000-00000000000d";

type StateGiven =
  | StateType
  | ({ type: StateType; name?: string; message?: string; data?: unknown; age?: number } & StateDetails);

/** Noon moved by seconds, as text. */
export function noon(seconds = 0): string {
  return formatInstant((NOON + seconds * 1e6) as Micros);
}

/** A state as a client proposes it. */
function state(given: StateGiven): ProposedState {
  const { type, name, message, data, age: _, ...details } = typeof given === "string" ? { type: given } : given;
  return {
    type,
    name: name ?? defaultStateName(type),
    message: message ?? null,
    data: data === undefined ? null : new JsonText(JSON.stringify(data)),
    details,
  };
}

function held(given: StateGiven | null): RunState | null {
  if (given === null) return null;
  const age = typeof given === "string" ? 60 : (given.age ?? 60);
  return { ...state(given), id: CURRENT, timestamp: (NOON - age * 1e6) as Micros };
}

function transition<Facts>(run: Facts, from: StateGiven | null, to: StateGiven, random = 0.5): Transition<Facts> {
  return { run, current: held(from), proposed: state(to), now: NOON, stateId: NEXT, random };
}

const fresh = {
  policy: {},
  runCount: 0,
  expectedStartTime: null,
  nextScheduledStartTime: null,
  startTime: null,
  endTime: null,
  totalRunSeconds: 0,
};

/** A flow run of a deployment that has not run, asked to go from one state to another. */
export function flowRun(
  from: StateGiven | null,
  to: StateGiven,
  run: Partial<FlowRunFacts> = {},
): Transition<FlowRunFacts> {
  const deployed = {
    id: FLOW_RUN,
    deploymentId: "a-deployment",
    parentTaskRunId: null,
    infrastructurePid: null,
    isDeploymentGone: false,
    slots: null,
    activeLimits: [],
  };
  return transition({ ...fresh, ...deployed, ...run }, from, to);
}

const untagged = { tagLimits: [], holdsTagSlots: false };

/** A task run of a running flow that is in its first attempt. */
export function taskRun(
  from: StateGiven | null,
  to: StateGiven,
  run: Partial<TaskRunFacts> = {},
  random?: number,
): Transition<TaskRunFacts> {
  const flow = { stateType: "RUNNING" as const, runCount: 1, pauseTimeout: undefined, pauseReschedule: false };
  const enclosed = { id: TASK_RUN, flowRunId: FLOW_RUN, flowRunRunCount: 1, cached: null, flowRun: flow, ...untagged };
  return transition({ ...fresh, ...enclosed, ...run }, from, to, random);
}
