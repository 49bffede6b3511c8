import {
  formatInstant,
  isTerminal,
  memberTexts,
  parseInstant,
  type StateType,
  stateTypes,
  toWire,
} from "@weir/contracts";
import { type ClientEvent, idOf, inRole, payloadTexts } from "./client-event.ts";

/** A task run in the state that an event tells of; see TaskRunFact in packages/db. Documents are JSON text. */
export type ToldTaskRun = {
  id: string;
  flowRunId: string | null;
  name: string;
  taskKey: string;
  dynamicKey: string;
  cacheKey: string | null;
  cacheExpiration: string | null;
  taskVersion: string | null;
  policy: string;
  taskInputs: string;
  tags: string[];
  labels: string;
  runCount: number;
  flowRunRunCount: number;
  expectedStartTime: string | null;
  nextScheduledStartTime: string | null;
  startTime: string | null;
  endTime: string | null;
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
  const texts = payloadTexts(event);
  const runTexts = new Lazy(() => texts.get("task_run") ?? "{}");
  const flowRunId = idOf("flow-run", inRole(event.related, "flow-run")?.["prefect.resource.id"]) ?? null;
  const details = isObject(state.state_details) ? withoutNulls(state.state_details) : {};
  return {
    id,
    flowRunId,
    name: text(run.name) ?? event.resource["prefect.resource.name"] ?? id,
    taskKey: text(run.task_key) ?? "",
    dynamicKey: text(run.dynamic_key) ?? id,
    cacheKey: text(run.cache_key),
    cacheExpiration: instant(run.cache_expiration),
    taskVersion: text(run.task_version),
    policy: isObject(run.empirical_policy) ? toWire(run.empirical_policy) : "{}",
    taskInputs: isObject(run.task_inputs) ? runTexts.member("task_inputs", "{}") : "{}",
    tags: Array.isArray(run.tags) ? run.tags.filter((tag) => typeof tag === "string") : [],
    labels: isObject(run.labels) ? runTexts.member("labels", "{}") : "{}",
    runCount: count(run.run_count),
    flowRunRunCount: count(run.flow_run_run_count),
    expectedStartTime: instant(run.expected_start_time),
    nextScheduledStartTime: instant(run.next_scheduled_start_time),
    startTime: instant(run.start_time),
    endTime: isTerminal(state.type) ? (instant(run.end_time) ?? event.occurred) : null,
    totalRunTime: seconds(run.total_run_time),
    state: {
      type: state.type,
      name: text(state.name) ?? state.type,
      message: text(state.message),
      details: toWire({ ...details, flow_run_id: flowRunId ?? undefined, task_run_id: id }),
      data:
        state.data === null || state.data === undefined
          ? null
          : new Lazy(() => texts.get("validated_state") ?? "{}").member("data", "null"),
    },
  };
}

/** Members of an object's source text, split only when one is asked for. */
class Lazy {
  private members: Map<string, string> | undefined;
  constructor(private readonly source: () => string) {}

  member(key: string, otherwise: string): string {
    this.members ??= memberTexts(this.source());
    return this.members.get(key) ?? otherwise;
  }
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

function instant(value: unknown): string | null {
  const micros = typeof value === "string" ? parseInstant(value) : undefined;
  return micros === undefined ? null : formatInstant(micros);
}
