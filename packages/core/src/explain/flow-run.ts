import { addSeconds, isTerminal, type Micros, parseInstant, type RunState, SECOND } from "@weir/contracts";
import { CANCELLING_SECONDS } from "../cancelling.ts";
import { decideFlowRun } from "../decide-flow-run.ts";
import type { Decision, FlowRunFacts } from "../types.ts";
import { type Check, check, told } from "./check.ts";
import { type LimitWait, limitCheck } from "./limit.ts";
import { type Place, POLLED_WITHIN, placeChecks } from "./place.ts";
import { type Refusal, throttleCheck } from "./throttle.ts";

/** A deployment, as far as its waiting runs care. */
export type WaitDeployment = {
  id: string;
  name: string;
  isPaused: boolean;
  isDisabled: boolean;
  lastPolled: Micros | null;
};

/** A flow run with every fact that may hold it up. */
export type FlowRunWait = {
  run: FlowRunFacts;
  current: RunState;
  /** Its place among the runs that wait; null when it does not wait to start. */
  waiting: { dueAt: Micros; inProcess: boolean } | null;
  /** Null: it has none, or it was deleted; `run.deploymentId` tells which. */
  deployment: WaitDeployment | null;
  hasQueue: boolean;
  /** Null: it has no queue, or the queue was deleted; `hasQueue` tells which. */
  place: Place | null;
  /** The limit on its deployment's runs; null when there is none. */
  limit: LimitWait | null;
  /** The active runs of the schedule that made it, first come first, where that limits them; ids and names. */
  scheduleHolders: readonly { id: string; name: string; state: string }[];
  /** What is wrong with its job variables; empty when nothing is. */
  jobVariableFaults: readonly string[];
  refusals: readonly Refusal[];
};

/** A run that was submitted longer ago than this should have started. */
const STARTS_WITHIN: Micros = (60 * SECOND) as Micros;
/** For states that are asked about and never stored. */
const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * Why a flow run waits: every check that bears on its state, in the order in which they hold it up. The rules that decide
 * are asked what they would say to a start now; nothing is decided here a second time.
 */
export function explainFlowRun(wait: FlowRunWait, now: Micros): Check[] {
  const { current } = wait;
  if (isTerminal(current.type)) return [];
  switch (current.type) {
    case "SCHEDULED":
      return scheduledChecks(wait, now);
    case "PENDING":
      return pendingChecks(wait, now);
    case "PAUSED":
      return [pausedCheck(current)];
    case "CANCELLING":
      return [cancellingCheck(wait), ...(wait.place?.startedBy === "workers" ? whoLooksAfterIt(wait.place, now) : [])];
    default:
      return [];
  }
}

function scheduledChecks(wait: FlowRunWait, now: Micros): Check[] {
  const { run, waiting } = wait;
  const due = dueCheck(wait, now);
  // A run that waits for a slot is tried again now and then; what it waits for is the slot.
  const checks =
    wait.current.name === "AwaitingConcurrencySlot" ? [...slotChecks(wait), due] : [due, ...slotChecks(wait)];
  checks.push(
    check(
      "retried_by_its_process",
      !waiting?.inProcess,
      { since: told(wait.current.timestamp), run_count: run.runCount },
      { fix: "Its own process starts the retry. If that process is gone, cancel the run and start another." },
    ),
  );
  if (waiting?.inProcess) return checks;
  return [...checks, ...startChecks(wait, now), ruleCheck(wait, now)];
}

function slotChecks({ limit, run, scheduleHolders }: FlowRunWait): Check[] {
  const checks = limit ? [limitCheck(limit, "deployment_limit", "write_deployments")] : [];
  const schedule = run.activeLimits.find(({ of }) => of === "schedule");
  if (schedule)
    checks.push(
      check(
        "schedule_limit",
        schedule.active < schedule.limit,
        {
          ...{ schedule: schedule.name, schedule_id: schedule.id, limit: schedule.limit, active: schedule.active },
          holders: scheduleHolders,
        },
        {
          fix: `Wait for one of ${schedule.active} runs to end, or raise max_active_runs of schedule "${schedule.name}".`,
          needs: "write_deployments",
        },
      ),
    );
  return checks;
}

function dueCheck({ waiting, current }: FlowRunWait, now: Micros): Check {
  const due = waiting?.dueAt ?? null;
  const isRetry = current.name === "AwaitingRetry";
  return check(
    "not_due",
    due === null || due <= now,
    { due_at: told(due), state: current.name, kind: isRetry ? "retry" : "schedule" },
    { fix: "Wait, or start it now by setting it to Scheduled.", needs: "run_flows" },
  );
}

/** Who may start it, and whether they look. */
function startChecks(wait: FlowRunWait, now: Micros): Check[] {
  const { run, deployment, place, hasQueue } = wait;
  const checks: Check[] = [];
  if (run.deploymentId !== null)
    checks.push(
      check(
        "deployment_deleted",
        deployment !== null,
        { deployment_id: run.deploymentId },
        {
          fix: "The run is cancelled within seconds of its time. Start one of a deployment that exists.",
          needs: "run_deployments",
        },
      ),
    );
  if (hasQueue) {
    checks.push(
      check(
        "work_queue_deleted",
        place !== null,
        {},
        {
          fix: "Start another run: the queue that this one waits in was deleted.",
          needs: "run_deployments",
        },
      ),
    );
    if (place) checks.push(...placeChecks(place, wait.refusals, now));
  } else if (deployment) checks.push(throttleCheck(wait.refusals), servedCheck(deployment, now));
  else
    checks.push(
      check(
        "nobody_starts_it",
        false,
        {},
        {
          fix: "It has neither a deployment nor a work queue: only the process that made it can start it.",
        },
      ),
    );
  if (wait.jobVariableFaults.length > 0)
    checks.push(
      check(
        "job_variables_invalid",
        false,
        { faults: wait.jobVariableFaults },
        {
          fix: "Correct the job variables of the run or its deployment: its worker would fail to start it.",
          needs: "write_deployments",
        },
      ),
    );
  return checks;
}

/** A deployment without a queue is started by the process that serves it. */
export function servedCheck(deployment: WaitDeployment, now: Micros): Check {
  const { lastPolled } = deployment;
  return check(
    "not_served",
    lastPolled !== null && now - lastPolled <= POLLED_WITHIN,
    { deployment: deployment.name, deployment_id: deployment.id, last_polled: told(lastPolled) },
    { fix: `Start the process that serves deployment "${deployment.name}".` },
  );
}

/** What the rules would say, were a worker to take the run now. */
function ruleCheck(wait: FlowRunWait, now: Micros): Check {
  const { run, current } = wait;
  const proposed = { type: "PENDING" as const, name: "Pending", message: null, data: null, details: {} };
  const decision = decideFlowRun("core", { run, current, proposed, now, stateId: NO_ID, random: 0 });
  const refusal = refusalOf(decision);
  return check("refused_by_rule", refusal === null, refusal ?? {}, {
    fix: refusal?.reason ?? "",
  });
}

function refusalOf(decision: Decision): { rule: string | null; reason: string } | null {
  if (decision.kind === "store" && decision.reason === undefined) return null;
  return { rule: decision.rule ?? null, reason: decision.reason ?? "" };
}

function pendingChecks({ run, current, place }: FlowRunWait, now: Micros): Check[] {
  const since = current.timestamp;
  const where = place?.startedBy === "submitter" ? "what it was to run in" : "the logs of the worker that took it";
  const checks = [
    check(
      "infrastructure_starting",
      now - since <= STARTS_WITHIN,
      { since: told(since), infrastructure_pid: run.infrastructurePid },
      { fix: `Look at ${where}; if nothing started, cancel the run and start another.` },
    ),
  ];
  return place?.startedBy === "workers" ? [...whoLooksAfterIt(place, now), ...checks] : checks;
}

function pausedCheck(current: RunState): Check {
  const { pause_timeout: timeout } = current.details;
  const until = typeof timeout === "string" ? parseInstant(timeout) : undefined;
  return check(
    "paused",
    false,
    { since: told(current.timestamp), until: told(until ?? null), state: current.name },
    { fix: "Resume it, with its input if it asks for one.", needs: "run_flows" },
  );
}

function cancellingCheck({ run, current, place }: FlowRunWait): Check {
  const until = told(addSeconds(current.timestamp, CANCELLING_SECONDS));
  const teardown =
    place?.startedBy === "workers" ? `, and a worker of "${place.pool.name}" is told to take down what it runs in` : "";
  return check(
    "cancelling",
    false,
    { since: told(current.timestamp), until, infrastructure_pid: run.infrastructurePid },
    { fix: `Whoever runs it stops it. At ${until} it counts as cancelled all the same${teardown}.` },
  );
}

function whoLooksAfterIt(place: Place, now: Micros): Check[] {
  return placeChecks(place, [], now).filter(({ code }) => code === "no_worker_online");
}
