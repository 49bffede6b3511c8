import type { Client } from "../harness/client.ts";
import { type Json, type JsonObject, list, object, type Rest, text } from "../harness/rest.ts";
import { until } from "../harness/until.ts";
import { type Scrub, scrubAll, scrubWith } from "./scrub.ts";

const SAME_EVERYWHERE = [
  "name",
  "description",
  "version",
  "paused",
  "parameters",
  "tags",
  "labels",
  "entrypoint",
  "path",
  "pull_steps",
  "job_variables",
  "parameter_openapi_schema",
  "enforce_parameter_schema",
  "work_queue_name",
  "work_pool_name",
  "storage_document_id",
  "infrastructure_document_id",
  "concurrency_limit",
  "global_concurrency_limit",
  "concurrency_options",
] as const;

/** A deployment, named `flow/deployment`, as the API gives it, and the runs that its schedules have planned. */
export async function deployment({ rest }: Client, name: string, planned = 0): Promise<Json> {
  const row = object(await rest.get(`/deployments/name/${name}`));
  const schedules = list(row.schedules);
  return scrubAll(
    {
      ...Object.fromEntries(SAME_EVERYWHERE.map((field) => [field, hashless(row[field])])),
      schedules: schedules.map(schedulePicture).sort(bySlugOrText),
      planned: planned === 0 ? [] : await plannedRuns(rest, text(row.id), schedules, planned),
    },
    scrubWith(),
  );
}

/** A deployment's status, once it is `wanted`. */
export function deploymentStatus({ rest }: Client, name: string, wanted: string): Promise<Json> {
  return until(`${name} to be ${wanted}`, async () => {
    const { status } = object(await rest.get(`/deployments/name/${name}`));
    return status === wanted && status;
  });
}

/** A work pool with its queues and workers. */
export async function workPool({ rest }: Client, name: string, scrub: Scrub = scrubWith()): Promise<Json> {
  const { type, status, is_paused, concurrency_limit, base_job_template, description } = object(
    await rest.get(`/work_pools/${name}`),
  );
  const queues = list(await rest.post(`/work_pools/${name}/queues/filter`, {}));
  const workers = list(await rest.post(`/work_pools/${name}/workers/filter`, {}));
  const facts: JsonObject = {
    type: type ?? null,
    status: status ?? null,
    is_paused: is_paused ?? null,
    concurrency_limit: concurrency_limit ?? null,
    base_job_template: base_job_template ?? null,
    description: description ?? null,
    queues: queues.map((queue) => pick(queue, ["name", "status", "is_paused", "priority", "concurrency_limit"])),
    workers: workers.map((worker) => pick(worker, ["name", "status", "heartbeat_interval_seconds"])),
  };
  return scrubAll(facts, scrub);
}

/** A work pool's status, once it is `wanted`. */
export function workPoolStatus({ rest }: Client, name: string, wanted: string): Promise<Json> {
  return until(`work pool ${name} to be ${wanted}`, async () => {
    const { status } = object(await rest.get(`/work_pools/${name}`));
    return status === wanted && status;
  });
}

/**
 * The runs a deployment's schedules have planned, told by the clock of the schedule's time zone: two servers asked on
 * either side of midnight plan other days, but the same hours.
 */
async function plannedRuns(rest: Rest, id: string, schedules: JsonObject[], count: number): Promise<Json> {
  const runs = await until(`${count} planned runs`, async () => {
    const found = await rest.all("/flow_runs/filter", { deployments: { id: { any_: [id] } } });
    const planned = found.filter((run) => run.auto_scheduled === true);
    return planned.length >= count && planned;
  });
  const zones = schedules
    .filter(({ active }) => active === true)
    .map(({ schedule }) => text(object(schedule).timezone));
  const zone = zones[0] ?? "UTC";
  return runs
    .map((run) => ({
      at: new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "medium" }).format(
        Date.parse(text(run.next_scheduled_start_time)),
      ),
      ...pick(run, [
        "state_type",
        "state_name",
        "parameters",
        "tags",
        "work_pool_name",
        "work_queue_name",
        "run_count",
      ]),
      ...pick(object(run.state), ["message"]),
      expected_as_scheduled: run.expected_start_time === run.next_scheduled_start_time,
      created_by: run.created_by ? pick(object(run.created_by), ["type", "display_value"]) : null,
      idempotency_key: text(run.idempotency_key).replace(/ \d{4}-.*$/, " <date>"),
    }))
    .map(hourOnlyWhereItVaries(schedules))
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

/** An hourly schedule's hour depends on when it is asked; its minute does not. */
function hourOnlyWhereItVaries(schedules: JsonObject[]) {
  const hourly = schedules.some(({ schedule }) => object(schedule).interval !== undefined);
  return <T extends { at: string }>(run: T): T => (hourly ? { ...run, at: run.at.replace(/^\d\d/, "hh") } : run);
}

function schedulePicture(row: JsonObject): JsonObject {
  return pick(row, ["schedule", "active", "slug", "parameters", "max_scheduled_runs"]);
}

function bySlugOrText(a: JsonObject, b: JsonObject): number {
  return JSON.stringify([a.slug, a]).localeCompare(JSON.stringify([b.slug, b]));
}

function pick(row: JsonObject, fields: string[]): JsonObject {
  return Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
}

/** A version that the client made out of a file's hash says nothing. */
function hashless(value: Json | undefined): Json {
  return /^[0-9a-f]{32}$/.test(text(value)) ? "<hash>" : (value ?? null);
}
