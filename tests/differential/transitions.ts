import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { addSeconds, formatInstant, JsonText, type Micros, type ProposedState, parseInstant } from "@weir/contracts";
import type { FlowPolicy, TaskPolicy } from "@weir/core";
import { aFlow, aFlowRun, aWorkspace, type TestDatabase, type TestWorkspace } from "@weir/testing";
import { createDeploymentRun } from "../../packages/operations/src/deployment/run.ts";
import { createDeployment } from "../../packages/operations/src/deployment/save.ts";
import { updateFlowRun } from "../../packages/operations/src/flow-run/change.ts";
import { orchestrationResult } from "../../packages/operations/src/flow-run/set-state.ts";
import { type Outcome, proposeFlowRunState } from "../../packages/operations/src/flow-run/transition.ts";
import { createTaskRun } from "../../packages/operations/src/task-run/change.ts";
import { proposeTaskRunState } from "../../packages/operations/src/task-run/transition.ts";
import { prefectBin } from "../clients/harness/paths.ts";
import { type Crowd, playCrowd } from "./crowd.ts";

const script = fileURLToPath(new URL("transitions.py", import.meta.url));

type Given = {
  type: ProposedState["type"];
  name: string;
  message?: string;
  data?: object | null;
  due?: number;
  timeout?: number | null;
  details: ProposedState["details"];
};
type Told = Record<string, unknown>;
type Step = { policy: FlowPolicy & TaskPolicy; to: Given; told: Told };
type Sequence = {
  of: "flow" | "task";
  policy: object;
  deployment?: boolean;
  pid?: string | null;
  subflow?: boolean;
  flow?: ProposedState["type"] | null;
  first: Given;
  born: Told;
  steps: Step[];
};

/**
 * What a comparison came to. `kept` ended where Weir differs on purpose (docs/decisions/0016, 0033, 0062); `wrong` are told up to
 * their first difference.
 */
export type Comparison = {
  sequences: number;
  proposals: number;
  kept: number;
  wrong: { sequence: Sequence | Crowd; step: number; ours: Told }[];
};

const KEYS = ["first", "second"];
const AT_ONCE = 16;

/** Plays `count` random sequences of proposals on the peer's own code and on Weir's verbs and database. */
export async function compareTransitions(
  base: TestDatabase,
  asked: { count: number; seed: number },
): Promise<Comparison> {
  const args = [script, "--count", String(asked.count), "--seed", String(asked.seed)];
  const peer = spawn(`${prefectBin()}/python`, args, { stdio: ["ignore", "pipe", "inherit"] });
  const found: Comparison = { sequences: 0, proposals: 0, kept: 0, wrong: [] };
  const place = await aPlace(base);
  const playing = new Set<Promise<void>>();
  for await (const line of createInterface({ input: peer.stdout })) {
    const sequence = JSON.parse(line) as Sequence | Crowd;
    found.sequences += 1;
    const played = sequence.of === "crowd" ? replayCrowd(base, sequence, found) : replay(place, sequence, found);
    const playingOne = played.finally(() => playing.delete(playingOne));
    playing.add(playingOne);
    if (playing.size >= AT_ONCE) await Promise.race(playing);
  }
  await Promise.all(playing);
  return found;
}

type Place = { base: TestDatabase; ws: TestWorkspace; flowId: string; deploymentId: string };

async function aPlace(base: TestDatabase): Promise<Place> {
  const ws = await aWorkspace(base.services);
  const flowId = await aFlow(ws);
  const { id } = (await createDeployment(ws.ctx(), { name: "d", flow_id: flowId })).body;
  return { base, ws, flowId, deploymentId: String(id) };
}

async function replay(place: Place, sequence: Sequence, found: Comparison): Promise<void> {
  const run = await Run.born(place, sequence);
  for (const [step, one] of [undefined, ...sequence.steps].entries()) {
    const ours = one ? await run.propose(one) : await run.told();
    if (one) found.proposals += 1;
    const theirs = one?.told ?? sequence.born;
    if (sorted(ours) === sorted(theirs)) continue;
    if (isMarkedThoughRefused(theirs, ours) || isPausedAgain(theirs, ours)) found.kept += 1;
    else found.wrong.push({ sequence: { ...sequence, steps: sequence.steps.slice(0, step) }, step, ours });
    return;
  }
}

async function replayCrowd(base: TestDatabase, sequence: Crowd, found: Comparison): Promise<void> {
  let step = 0;
  for await (const ours of playCrowd(base, sequence)) {
    found.proposals += 1;
    step += 1;
    const { told: theirs = {}, task = 0 } = sequence.steps[step - 1] ?? {};
    if (sorted(ours) === sorted(theirs)) continue;
    const isClosed = sequence.tasks[task]?.some((tag) => sequence.limits[tag] === 0) ?? false;
    if (isClosed && isRefusedOutright(theirs, ours)) {
      found.kept += 1;
      return;
    }
    found.wrong.push({ sequence: { ...sequence, steps: sequence.steps.slice(0, step) }, step, ours });
    return;
  }
}

/** The peer marks a paused run as resuming even where it refuses the resumption; a refusal of ours changes nothing. */
function isMarkedThoughRefused(theirs: Told, ours: Told): boolean {
  const [isResuming, ...rest] = (theirs.policy as unknown[] | undefined) ?? [];
  const unmarked = { ...theirs, policy: [false, ...rest] };
  return isResuming === true && theirs.status === "REJECT" && sorted(unmarked) === sorted(ours);
}

/** A pause that is said again under its transition id the peer refuses, and its engine gives up; we accept it again. */
function isPausedAgain(theirs: Told, ours: Told): boolean {
  const isPaused = (ours.state as { type?: string } | null)?.type === "PAUSED" && ours.status === "ACCEPT";
  const refused = { status: "REJECT", reason: "This run has already made this state transition." };
  return isPaused && sorted({ ...ours, ...refused }) === sorted(theirs);
}

/**
 * Where one of a run's tags is closed, the peer goes on to its others: it takes slots of them and keeps them, or has the run
 * wait for one that is full. We refuse the run, and take none.
 */
function isRefusedOutright(theirs: Told, ours: Told): boolean {
  const isRefused = ours.status === "ABORT" && theirs.status !== "ACCEPT";
  return isRefused && sorted({ ...theirs, status: "ABORT", slots: ours.slots }) === sorted(ours);
}

function sorted(told: Told): string {
  return JSON.stringify(told, (_, value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** A run on Weir, told in the words that the peer's was told in. */
class Run {
  private readonly stamps: Micros[] = [];
  private readonly known = new Set<string>();

  private constructor(
    private readonly place: Place,
    private readonly of: Sequence["of"],
    private readonly id: string,
    private readonly parent: string | undefined,
    private readonly at: Micros,
    /** The flow run around a task run. */
    private readonly outer: string,
  ) {}

  static async born({ base, ws, flowId, deploymentId, ...rest }: Place, sequence: Sequence): Promise<Run> {
    const place = { base, ws, flowId, deploymentId, ...rest };
    const at = base.services.clock();
    const state = toWireState(sequence.first, at);
    const empirical_policy = sequence.policy;
    const outer = async () => aFlowRun(ws, { flow_id: flowId, state: { type: "RUNNING" } });
    if (sequence.of === "task") {
      const flow_run_id = sequence.flow ? await outer() : undefined;
      if (flow_run_id && sequence.flow && sequence.flow !== "RUNNING") {
        const details = sequence.flow === "PAUSED" ? { pause_timeout: formatInstant(addSeconds(at, 300)) } : {};
        const outside = { type: sequence.flow, name: "x", message: null, data: null, details };
        await proposeFlowRunState(ws.ctx(), flow_run_id, outside, "minimal");
      }
      const made = { flow_run_id, task_key: "k", dynamic_key: String(Math.random()), empirical_policy, state };
      return new Run(
        place,
        "task",
        String((await createTaskRun(ws.ctx(), made)).body.id),
        undefined,
        at,
        flow_run_id ?? "none",
      );
    }
    const parent = sequence.subflow
      ? String(
          (await createTaskRun(ws.ctx(), { flow_run_id: await outer(), task_key: "sub", dynamic_key: "0" })).body.id,
        )
      : undefined;
    const given = { parent_task_run_id: parent, empirical_policy, state };
    const id = sequence.deployment
      ? String((await createDeploymentRun(ws.ctx(), { id: deploymentId, ...given })).body.id)
      : await aFlowRun(ws, { flow_id: flowId, ...given });
    if (sequence.pid) await updateFlowRun(ws.ctx(), { id, infrastructure_pid: sequence.pid });
    return new Run(place, "flow", id, parent, at, "none");
  }

  async propose({ policy, to }: Step): Promise<Told> {
    const ctx = this.place.ws.ctx();
    const proposed = toState(to, this.at);
    // A state of a background task is judged by rules of its own, whatever was asked.
    const taskPolicy = proposed.details.deferred ? "background" : policy;
    const outcome: Pick<Outcome, "decision" | "state"> | undefined =
      this.of === "flow"
        ? await proposeFlowRunState(ctx, this.id, proposed, policy)
        : await proposeTaskRunState(ctx, this.id, proposed, taskPolicy);
    if (!outcome) throw new Error("the run is gone");
    const { status, details } = orchestrationResult(outcome).body;
    const { reason, delay_seconds: wait } = details as { reason?: string; delay_seconds?: number };
    const told = await this.told();
    return {
      status,
      reason: reason?.replace(this.outer, "FLOW") ?? null,
      wait: wait === undefined ? null : Math.round(wait / 10) * 10,
      ...told,
    };
  }

  async told(): Promise<Told> {
    const { store } = this.place.ws.ctx();
    const row = this.of === "flow" ? await store.flowRuns.get(this.id) : await store.taskRuns.get(this.id);
    if (!row) throw new Error("the run is gone");
    if (!this.known.has(row.state_id)) {
      this.known.add(row.state_id);
      this.stamps.push(parseInstant(row.state_timestamp) ?? (0 as Micros));
    }
    const details = row.state_details.value() as ProposedState["details"];
    const policy = row.empirical_policy.object();
    const parent = this.parent && (await store.taskRuns.get(this.parent));
    const keys = KEYS.filter((key) => (policy.pause_keys as string[] | undefined)?.includes(key));
    return {
      state: {
        ...{ type: row.state_type, name: row.state_name, message: row.state_message },
        ...{ due: this.tens(details.scheduled_time), timeout: this.tens(details.pause_timeout) },
        reschedule: details.pause_reschedule ?? false,
      },
      run: {
        runCount: row.run_count,
        expectedStartTime: this.tens(row.expected_start_time),
        nextScheduledStartTime: this.tens(row.next_scheduled_start_time),
        startTime: this.tick(row.start_time),
        endTime: this.tick(row.end_time),
        ...("flow_run_run_count" in row ? { flowRunRunCount: row.flow_run_run_count } : {}),
      },
      ...(this.of === "flow" ? { policy: [policy.resuming ?? false, keys, policy.retry_type ?? null] } : {}),
      ...(parent ? { parent: [parent.state_type, parent.state_name] } : {}),
    };
  }

  /** Tens of seconds from the birth: what "now" is in a state is not to the microsecond when it was stored. */
  private tens(text: string | null | undefined): number | null {
    const instant = text ? parseInstant(text) : undefined;
    return instant === undefined ? null : Math.round((instant - this.at) / 1e7) * 10 + 0;
  }

  /** The stored state whose timestamp it is. */
  private tick(text: string | null): string | number | null {
    const stored = text === null ? -1 : this.stamps.indexOf(parseInstant(text) ?? (0 as Micros));
    return stored === -1 ? this.tens(text) : `s${stored}`;
  }
}

function toState({ type, name, message, data, due, timeout, details }: Given, at: Micros): ProposedState {
  const instants = {
    ...(due === undefined ? {} : { scheduled_time: formatInstant(addSeconds(at, due)) }),
    ...(timeout === undefined || timeout === null ? {} : { pause_timeout: formatInstant(addSeconds(at, timeout)) }),
  };
  return {
    ...{ type, name, message: message ?? null },
    data: data ? new JsonText(JSON.stringify(data)) : null,
    details: { ...details, ...instants },
  };
}

function toWireState(given: Given, at: Micros) {
  const { details, ...state } = toState(given, at);
  return { ...state, state_details: details };
}
