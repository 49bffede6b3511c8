import type { EmpiricalPolicy, Micros, ProposedState, RunState, StateType } from "@weir/contracts";

/** What a flow run is, as far as rules look. Times are microseconds, `totalRunSeconds` counts ended RUNNING states only. */
export type FlowRunFacts = {
  id: string;
  deploymentId: string | null;
  parentTaskRunId: string | null;
  infrastructurePid: string | null;
  policy: EmpiricalPolicy;
  runCount: number;
  expectedStartTime: Micros | null;
  nextScheduledStartTime: Micros | null;
  startTime: Micros | null;
  endTime: Micros | null;
  totalRunSeconds: number;
  /** It has a deployment, which was deleted. */
  isDeploymentGone: boolean;
  /** The limit that its deployment's runs keep; null when there is none. */
  slots: DeploymentSlots | null;
  /** The limits of its pool, its queue and the schedule that made it, where they have one; read for scheduled runs only. */
  activeLimits: readonly ActiveLimit[];
};

/** How many runs may be active (PENDING or RUNNING) at once somewhere, and how many are. */
export type ActiveLimit = {
  of: "work_pool" | "work_queue" | "schedule";
  id: string;
  name: string;
  limit: number;
  active: number;
};

/** A deployment's concurrency limit, as it is now. */
export type DeploymentSlots = {
  limit: number;
  free: number;
  /** A run that finds no slot is cancelled; otherwise it waits. */
  cancelsNew: boolean;
  /** How long a claimed slot is kept for a run that has not begun to renew its lease. */
  graceSeconds: number;
  /** The lease that the current state names is still held. */
  isLeaseAlive: boolean;
};

/**
 * What the client does about slots of deployments: it renews leases, it knows none (before 3.4.11, and who tells no
 * version), or it takes slots itself (workers of 3.0.0 to 3.0.3).
 */
export type SlotManners = "renews" | "holds" | "takes";

/** What becomes of the run's slot with a stored state. `seconds`: how long the lease lives; null is until it is released. */
export type SlotEffect =
  | { kind: "claim"; leaseId: string; seconds: number }
  | { kind: "renew"; leaseId: string; seconds: number | null }
  | { kind: "release"; leaseId: string }
  /** The run waits for a slot: it takes effect only while there is none. */
  | { kind: "wait" };

/** What a task run is, as far as rules look. `flowRun` is undefined for a task outside a flow, null when the flow run is gone. */
export type TaskRunFacts = Omit<
  FlowRunFacts,
  "deploymentId" | "parentTaskRunId" | "infrastructurePid" | "isDeploymentGone" | "slots" | "activeLimits"
> & {
  /** The enclosing flow run's id; null for a task outside a flow. Kept when that run is gone. */
  flowRunId: string | null;
  /** The flow run's `runCount` when this task last entered RUNNING. */
  flowRunRunCount: number;
  /** What a task completed with under the proposed cache key; null when nothing did, or no longer counts. */
  cached: ProposedState | null;
  /** The limits on its tags that count. */
  tagLimits: readonly TagLimit[];
  /** It holds a slot of a limit on a tag, whether that counts still or not. */
  holdsTagSlots: boolean;
  flowRun:
    | { stateType: StateType; runCount: number; pauseTimeout: string | undefined; pauseReschedule: boolean }
    | null
    | undefined;
};

/** A concurrency limit on a task run's tag; `isHeld`: the run has a slot of it. */
export type TagLimit = { tag: string; limit: number; isHeld: boolean };

/**
 * What a stored state does to a task run's slots: those of `tags` are to be taken first, all or none; those it has are
 * kept until it stops; or all are given back.
 */
export type TagSlotEffect =
  | { kind: "take"; tags: readonly string[] }
  | { kind: "keep"; tags: readonly string[] }
  | { kind: "release" };

/** One question to the rules. `now` and `stateId` are given: rules have no clock and no randomness. `random` is in [0, 1). */
export type Transition<Facts> = {
  run: Facts;
  current: RunState | null;
  proposed: ProposedState;
  now: Micros;
  stateId: string;
  random: number;
  /** Of clients that propose; Weir itself, and whoever only asks, is as one that renews. */
  slotManners?: SlotManners;
};

/** What a rule says of a transition; `undefined` is no opinion. */
type Opinion =
  /**
   * Changes the proposal but not its type, and lets later rules go on. `runCount` starts the count anew for later rules
   * and for what is stored; it is dropped with the pair, like `after`, what becomes of slots and the places that it takes.
   */
  | {
      kind: "amend";
      proposed: ProposedState;
      runCount?: number;
      slots?: SlotEffect;
      places?: readonly ActiveLimit[];
    }
  /** Another state in its place, or `null`: the current state stays. */
  | { kind: "reject"; state: ProposedState | null; reason: string; slots?: SlotEffect }
  /** It was accepted already: the current state is what came of it. */
  | { kind: "accepted" }
  | { kind: "wait"; seconds: number; reason: string }
  | { kind: "abort"; reason: string };

/** A rule: data about when it applies, and a pure judgement. `null` in from stands for "no state yet". */
export type Rule<Facts> = {
  name: string;
  from: ReadonlySet<StateType | null>;
  to: ReadonlySet<StateType>;
  judge(transition: Transition<Facts>): Opinion | undefined;
  /**
   * The run's policy as storing the state leaves it, from `policy` as earlier rules left it; `undefined` when it stays.
   * Asked only when the pair this rule saw was not replaced by another rule. It precedes the bookkeeping of transforms.
   */
  after?(transition: Transition<Facts>, policy: EmpiricalPolicy): EmpiricalPolicy | undefined;
  /** As `after`, but past the bookkeeping, which sees nothing of it. */
  last?(transition: Transition<Facts>, policy: EmpiricalPolicy): EmpiricalPolicy;
};

/** Columns of the run that storing a state changes, all of them, already computed. */
export type RunChanges = {
  policy: EmpiricalPolicy;
  runCount: number;
  /** Task runs only. */
  flowRunRunCount?: number;
  expectedStartTime: Micros | null;
  nextScheduledStartTime: Micros | null;
  startTime: Micros | null;
  endTime: Micros | null;
  totalRunSeconds: number;
};

/** The outcome. `rule` names the rule that settled it, for explanations. */
export type Decision =
  /** Store `state` and `run`. `reason` is set when the proposal was replaced (REJECT on the wire), absent for ACCEPT. */
  | {
      kind: "store";
      state: RunState;
      run: RunChanges;
      policyChanged: boolean;
      reason?: string;
      rule?: string;
      slots?: SlotEffect;
      /** It takes effect only while each of these has room. */
      places?: readonly ActiveLimit[];
      /** Task runs only. */
      tagSlots?: TagSlotEffect;
    }
  /** The state that already holds: REJECT for `reason`, or ACCEPT without one, for it is what was proposed and accepted before. */
  | { kind: "keep"; reason?: string; rule: string }
  | { kind: "wait"; seconds: number; reason: string; rule: string }
  | { kind: "abort"; reason: string; rule: string };

/**
 * Which rules judge: `core` for clients, `forced` where they force it, `minimal` for creation and what Weir itself repeats,
 * `mark-late` for the watchdog, `background` for states of tasks that task workers run, forced or not.
 */
export type FlowPolicy = "core" | "forced" | "minimal" | "mark-late";
export type TaskPolicy = "core" | "minimal" | "background";
