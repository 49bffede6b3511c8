import { z } from "zod";
import { stateTypes } from "./states.ts";

// What is answered, as it is published: nothing checks answers against these as they are sent, tests do. Members may be
// added; those that are told here stay, with their types.

/** Shapes with a name of their own in the document. */
export const namedAnswers = z.registry<{ id: string }>();

function shape<T extends z.ZodType>(id: string, schema: T): T {
  namedAnswers.add(schema, { id });
  return schema;
}

const id = z.uuid();
const text = z.string();
const instant = z.iso.datetime({ offset: true });
const seconds = z.number();
const count = z.int();
const document = z.record(z.string(), z.unknown());
const tags = z.array(text);
const type = shape("StateType", z.enum(stateTypes));
const row = { id, created: instant, updated: instant };
const by = {
  created_by: z.record(z.string(), z.unknown()).nullable(),
  updated_by: z.record(z.string(), z.unknown()).nullable(),
};
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();

/** As answered: state. */
export const StateAnswer = shape(
  "State",
  z.looseObject({
    id,
    type,
    name: text,
    timestamp: instant,
    message: orNull(text),
    data: z.unknown(),
    state_details: document,
  }),
);

/** As answered: flow. */
export const FlowAnswer = shape("Flow", z.looseObject({ ...row, ...by, name: text, tags, labels: document }));

const run = {
  ...row,
  name: text,
  tags,
  labels: document,
  state_id: id,
  state_type: type,
  state_name: text,
  empirical_policy: document,
  run_count: count,
  expected_start_time: orNull(instant),
  next_scheduled_start_time: orNull(instant),
  start_time: orNull(instant),
  end_time: orNull(instant),
  total_run_time: seconds,
  estimated_start_time_delta: seconds,
};
const flowRun = {
  ...run,
  flow_id: id,
  flow_name: orNull(text),
  deployment_id: orNull(id),
  deployment_version: orNull(text),
  deployment_version_id: orNull(id),
  deployment_version_info: orNull(document),
  work_queue_id: orNull(id),
  work_queue_name: orNull(text),
  flow_version: orNull(text),
  parameters: document,
  idempotency_key: orNull(text),
  context: document,
  parent_task_run_id: orNull(id),
  auto_scheduled: z.boolean(),
  infrastructure_document_id: z.null(),
  infrastructure_pid: orNull(text),
  created_by: orNull(document),
  job_variables: document,
};
const place = { work_pool_id: orNull(id), work_pool_name: orNull(text) };

/** As answered: flow run. */
export const FlowRunAnswer = shape(
  "FlowRun",
  z.looseObject({ ...flowRun, ...place, estimated_run_time: seconds, state: StateAnswer }),
);
/** As answered: task run. */
export const TaskRunAnswer = shape(
  "TaskRun",
  z.looseObject({
    ...run,
    flow_run_id: orNull(id),
    task_key: text,
    dynamic_key: text,
    cache_key: orNull(text),
    cache_expiration: orNull(instant),
    task_version: orNull(text),
    task_inputs: document,
    flow_run_run_count: count,
    estimated_run_time: seconds,
    state: StateAnswer,
  }),
);

/** As answered: orchestration. */
export const OrchestrationAnswer = shape(
  "OrchestrationResult",
  z.looseObject({
    state: orNull(StateAnswer),
    status: z.enum(["ACCEPT", "REJECT", "WAIT", "ABORT"]),
    details: document,
  }),
);

/** As answered: schedule. */
export const ScheduleAnswer = shape(
  "DeploymentSchedule",
  z.looseObject({
    ...{ ...row, deployment_id: id, schedule: document, active: z.boolean(), max_scheduled_runs: orNull(count) },
    ...{ max_active_runs: orNull(count), parameters: document, slug: orNull(text), catchup: z.boolean() },
  }),
);

/** As answered: deployment. */
export const DeploymentAnswer = shape(
  "Deployment",
  z.looseObject({
    ...{ ...row, name: text, description: orNull(text), flow_id: id, version: orNull(text), paused: z.boolean() },
    ...{
      status: text,
      last_polled: orNull(instant),
      tags,
      labels: document,
      entrypoint: orNull(text),
      path: orNull(text),
    },
    ...{ pull_steps: orNull(z.array(z.unknown())), parameters: document, parameter_openapi_schema: orNull(document) },
    ...{ enforce_parameter_schema: z.boolean(), job_variables: document, work_pool_name: orNull(text) },
    ...{ work_queue_id: orNull(id), work_queue_name: orNull(text), concurrency_limit: orNull(count) },
    ...{ concurrency_options: orNull(document), version_info: orNull(document), created_by: orNull(document) },
    ...{ updated_by: orNull(document), schedules: z.array(ScheduleAnswer), infrastructure_document_id: z.null() },
    ...{
      storage_document_id: z.null(),
      version_id: orNull(id),
      branch: orNull(text),
      base: orNull(text),
      root: orNull(text),
    },
    global_concurrency_limit: orNull(document),
    ...{
      infra_overrides: document,
      schedule: orNull(document),
      is_schedule_active: z.boolean(),
      manifest_path: z.null(),
    },
    disabled: z.boolean(),
  }),
);

/** As answered: deployment version. */
export const DeploymentVersionAnswer = shape(
  "DeploymentVersion",
  z.looseObject({
    ...{ ...row, deployment_id: id, last_active: instant, description: orNull(text), version: orNull(text), tags },
    ...{ labels: document, entrypoint: orNull(text), path: orNull(text), pull_steps: orNull(z.array(z.unknown())) },
    ...{ parameters: document, parameter_openapi_schema: orNull(document), enforce_parameter_schema: z.boolean() },
    ...{ job_variables: document, work_pool_name: orNull(text), work_queue_id: orNull(id) },
    ...{ work_queue_name: orNull(text), version_info: document, created_by: orNull(document) },
    ...{ infra_overrides: document, updated_by: z.null() },
  }),
);

const pool = {
  ...{ ...row, ...by, name: text, description: orNull(text), type: text, is_paused: z.boolean() },
  ...{ concurrency_limit: orNull(count), default_queue_id: id, status: orNull(text) },
  ...{ is_push_pool: z.boolean(), is_mex_pool: z.boolean() },
};
/** As answered: work pool. Pages leave its template out unless it is asked for. */
export const WorkPoolAnswer = shape(
  "WorkPool",
  z.looseObject({
    ...pool,
    base_job_template: document.optional(),
    storage_configuration: document,
    active_slots: orNull(count),
    last_polled: orNull(instant),
  }),
);

/** As answered: work queue. */
export const WorkQueueAnswer = shape(
  "WorkQueue",
  z.looseObject({
    ...{ ...row, name: text, description: orNull(text), is_paused: z.boolean(), concurrency_limit: orNull(count) },
    ...{ priority: count, work_pool_id: id, work_pool_name: text, status: text, last_polled: orNull(instant) },
    ...{ active_slots: orNull(count), filter: orNull(document), work_pool: z.looseObject(pool), ...by },
  }),
);

/** As answered: minimal flow run. */
export const MinimalFlowRunAnswer = shape(
  "MinimalFlowRun",
  z.looseObject({
    ...flowRun,
    state_timestamp: instant,
    cancelled_by: orNull(document),
    flow: orNull(FlowAnswer),
    work_queue: orNull(WorkQueueAnswer),
  }),
);

/** As answered: worker. */
export const WorkerAnswer = shape(
  "Worker",
  z.looseObject({
    ...{ ...row, name: text, work_pool_id: id, last_heartbeat_time: instant, heartbeat_interval_seconds: count },
    ...{ client_version: orNull(text), metadata_: orNull(document), created_by: orNull(document) },
    status: z.enum(["ONLINE", "OFFLINE"]),
  }),
);

/** As answered: log. */
export const LogAnswer = shape(
  "Log",
  z.looseObject({
    ...{ ...row, name: text, level: count, message: text, timestamp: instant, flow_run_id: orNull(id) },
    ...{ task_run_id: orNull(id), worker_id: orNull(id) },
  }),
);

const artifact = {
  ...{ ...row, type: orNull(text), description: orNull(text), data: z.unknown(), metadata_: orNull(document) },
  ...{ flow_run_id: orNull(id), task_run_id: orNull(id) },
};
/** As answered: artifact. */
export const ArtifactAnswer = shape("Artifact", z.looseObject({ ...artifact, key: orNull(text) }));
/** As answered: artifact collection. */
export const ArtifactCollectionAnswer = shape(
  "ArtifactCollection",
  z.looseObject({ ...artifact, key: text, latest_id: id }),
);

/** As answered: variable. */
export const VariableAnswer = shape("Variable", z.looseObject({ ...row, name: text, value: z.unknown(), tags }));

/** A page of things with how many there are. */
export function pageAnswer(of: z.ZodType) {
  return z.looseObject({ results: z.array(of), count, limit: count, pages: count, page: count });
}

/** As answered: deleted. */
export const DeletedAnswer = z.looseObject({ deleted: z.array(id) });
/** As answered: count. */
export const CountAnswer = count;
/** As answered: counts. */
export const CountsAnswer = z.record(id, count);

/** As answered: history. */
export const HistoryAnswer = z.array(
  z.looseObject({
    interval_start: instant,
    interval_end: instant,
    states: z.array(
      z.looseObject({
        ...{ state_type: type, state_name: text, count_runs: count, sum_estimated_run_time: seconds },
        sum_estimated_lateness: seconds,
      }),
    ),
  }),
);

const edges = z.array(z.looseObject({ id }));
const graphArtifact = z.looseObject({
  id,
  created: instant,
  key: orNull(text),
  type: orNull(text),
  is_latest: z.boolean(),
  data: z.unknown(),
});
const node = z.looseObject({
  ...{
    kind: z.enum(["flow-run", "task-run"]),
    id,
    label: text,
    state_type: type,
    start_time: instant,
    end_time: orNull(instant),
  },
  ...{ parents: edges, children: edges, encapsulating: edges, artifacts: z.array(graphArtifact) },
});
/** As answered: graph. */
export const GraphAnswer = z.looseObject({
  ...{
    start_time: instant,
    end_time: orNull(instant),
    root_node_ids: z.array(id),
    nodes: z.array(z.tuple([id, node])),
  },
  artifacts: z.array(graphArtifact),
  states: z.array(z.looseObject({ id, timestamp: instant, type, name: text })),
});
/** As answered: dependencies. */
export const DependenciesAnswer = z.array(
  z.looseObject({
    ...{
      id,
      name: text,
      upstream_dependencies: z.array(z.unknown()),
      state: StateAnswer,
      untrackable_result: z.boolean(),
    },
    ...{ expected_start_time: orNull(instant), start_time: orNull(instant), end_time: orNull(instant) },
    ...{ total_run_time: orNull(seconds), estimated_run_time: orNull(seconds) },
  }),
);

const limit = { ...row, active_slots: z.unknown() };
/** As answered: concurrency limit. */
export const ConcurrencyLimitAnswer = shape(
  "ConcurrencyLimit",
  z.looseObject({
    ...{ ...limit, active_slots: count, active: z.boolean(), name: text, limit: count },
    slot_decay_per_second: z.number(),
  }),
);
/** As answered: concurrency limit, when it is made. */
export const NewConcurrencyLimitAnswer = shape(
  "NewConcurrencyLimit",
  ConcurrencyLimitAnswer.extend({ denied_slots: count, avg_slot_occupancy_seconds: seconds }),
);
/** As answered: tag limit. */
export const TagLimitAnswer = shape(
  "TagConcurrencyLimit",
  z.looseObject({ ...limit, active_slots: z.array(id), tag: text, concurrency_limit: count }),
);
/** As answered: slots. */
export const SlotsAnswer = z.array(z.looseObject({ id, name: text, limit: count }));
