import { isTerminal, type Micros, memberTexts, parseInstant, type StateType, stateTypes } from "@weir/contracts";
import { type ClientEvent, idOf, inRole, payloadTexts } from "./client-event.ts";

/**
 * A task run in the state that an event tells of; see TaskRunFact in packages/db. Documents are JSON text, instants
 * microseconds.
 */
export type ToldTaskRun = {
  id: string;
  flowRunId: string | null;
  name: string;
  taskKey: string;
  dynamicKey: string;
  cacheKey: string | null;
  cacheExpiration: Micros | null;
  taskVersion: string | null;
  policy: string;
  taskInputs: string;
  tags: string[];
  labels: string;
  runCount: number;
  flowRunRunCount: number;
  expectedStartTime: Micros | null;
  nextScheduledStartTime: Micros | null;
  startTime: Micros | null;
  endTime: Micros | null;
  totalRunTime: number;
  state: { type: StateType; name: string; message: string | null; details: string; data: string | null };
};

/**
 * The task run that an event tells of: engines orchestrate tasks themselves and report each state as an event whose
 * resource is marked `prefect.orchestration = client`. `null` for every other event, and for one that lacks what a task
 * run needs.
 */
export function toldTaskRun(event: ClientEvent): ToldTaskRun | null {
  if (!event.event.startsWith("prefect.task-run.") || event.resource["prefect.orchestration"] !== "client") return null;
  const id = idOf("task-run", event.resource["prefect.resource.id"]);
  const run = event.payload.task_run;
  const state = event.payload.validated_state;
  if (id === undefined || !isObject(run) || !isObject(state) || !isStateType(state.type)) return null;
  const texts = new Sources(event);
  const flowRunId = idOf("flow-run", inRole(event.related, "flow-run")?.["prefect.resource.id"]) ?? null;
  // Its row has the ids.
  const {
    flow_run_id: _,
    task_run_id: __,
    ...details
  } = isObject(state.state_details) ? withoutNulls(state.state_details) : {};
  return {
    id,
    flowRunId,
    name: text(run.name) ?? event.resource["prefect.resource.name"] ?? id,
    taskKey: text(run.task_key) ?? "",
    dynamicKey: text(run.dynamic_key) ?? id,
    cacheKey: text(run.cache_key),
    cacheExpiration: instant(run.cache_expiration),
    taskVersion: text(run.task_version),
    policy: isObject(run.empirical_policy) ? JSON.stringify(run.empirical_policy) : "{}",
    taskInputs: isObject(run.task_inputs) ? texts.of("task_run", "task_inputs", run.task_inputs) : "{}",
    tags: Array.isArray(run.tags) ? run.tags.filter((tag) => typeof tag === "string") : [],
    labels: isObject(run.labels) ? texts.of("task_run", "labels", run.labels) : "{}",
    runCount: count(run.run_count),
    flowRunRunCount: count(run.flow_run_run_count),
    expectedStartTime: instant(run.expected_start_time),
    nextScheduledStartTime: instant(run.next_scheduled_start_time),
    startTime: instant(run.start_time),
    endTime: isTerminal(state.type) ? (instant(run.end_time) ?? parseInstant(event.occurred) ?? null) : null,
    totalRunTime: seconds(run.total_run_time),
    state: {
      type: state.type,
      name: text(state.name) ?? state.type,
      message: text(state.message),
      details: JSON.stringify(details),
      data: state.data === null || state.data === undefined ? null : texts.of("validated_state", "data", state.data),
    },
  };
}

/**
 * Documents of the payload, as they were sent. Only numbers change when they are parsed and written again (`1.0`, 2^60):
 * a document without any is written anew, which is many times cheaper than finding it in the source.
 */
class Sources {
  private payload: Map<string, string> | undefined;

  constructor(private readonly event: ClientEvent) {}

  of(member: string, document: string, value: unknown): string {
    if (!hasNumber(value)) return JSON.stringify(value);
    this.payload ??= payloadTexts(this.event);
    return memberTexts(this.payload.get(member) ?? "{}").get(document) ?? JSON.stringify(value);
  }
}

function hasNumber(value: unknown): boolean {
  if (typeof value === "number") return true;
  if (typeof value !== "object" || value === null) return false;
  for (const key in value) if (hasNumber((value as Record<string, unknown>)[key])) return true;
  return false;
}

function isStateType(type: unknown): type is StateType {
  return (stateTypes as readonly unknown[]).includes(type);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value.replaceAll("\u0000", "") : null;
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : 0;
}

function seconds(value: unknown): number {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : 0;
}

function instant(value: unknown): Micros | null {
  return typeof value === "string" ? (parseInstant(value) ?? null) : null;
}
