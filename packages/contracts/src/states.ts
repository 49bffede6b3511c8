import type { JsonText } from "./json.ts";
import type { IsoInstant, Micros } from "./time.ts";

/** The nine kinds of state. */
export const stateTypes = [
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "CRASHED",
  "PAUSED",
  "CANCELLING",
] as const;

export type StateType = (typeof stateTypes)[number];

const terminal: ReadonlySet<StateType> = new Set(["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]);

/** True for the types that end a run. */
export function isTerminal(type: StateType): boolean {
  return terminal.has(type);
}

/** The name a state gets when the caller gives none: `COMPLETED` → `Completed`. */
export function defaultStateName(type: StateType): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
}

/** What a state says beside its name. Instants are ISO text; unset members are absent. */
export type StateDetails = {
  flow_run_id?: string;
  task_run_id?: string;
  child_flow_run_id?: string;
  scheduled_time?: IsoInstant;
  cache_key?: string;
  cache_expiration?: IsoInstant;
  deferred?: boolean;
  untrackable_result?: boolean;
  pause_timeout?: IsoInstant;
  pause_reschedule?: boolean;
  pause_key?: string;
  run_input_keyset?: Record<string, string>;
  refresh_cache?: boolean;
  retriable?: boolean;
  transition_id?: string;
  task_parameters_id?: string;
  traceparent?: string;
  deployment_concurrency_lease_id?: string;
};

/** A state that a caller asks for: the server gives it an id and a timestamp. */
export type ProposedState = {
  type: StateType;
  name: string;
  message: string | null;
  data: JsonText | null;
  details: StateDetails;
};

/** A state that holds or held. `timestamp` is unique within its run and rises. */
export type RunState = ProposedState & { id: string; timestamp: Micros };

/** A run's retry settings and its place in them, as the engine reads and writes it. */
export type EmpiricalPolicy = {
  retries?: number | null;
  /** Seconds; for tasks a list, indexed by attempt. */
  retry_delay?: number | number[] | null;
  retry_jitter_factor?: number | null;
  pause_keys?: string[];
  resuming?: boolean | null;
  retry_type?: "in_process" | "reschedule" | null;
  max_retries?: number;
  retry_delay_seconds?: number;
};

/** Answer to a proposed state, on the wire. */
export type OrchestrationStatus = "ACCEPT" | "REJECT" | "WAIT" | "ABORT";
