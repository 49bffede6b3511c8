import { maintainPartitions, openDb } from "@weir/db";
import pg from "pg";
import type { Place } from "./place.ts";

const BATCH = 20_000;
const DAYS = 30;
const FLOWS = 40;
const DEPLOYMENTS = 100;
/** One in so many runs has task runs of its own. */
const RUNS_PER_TASK = 4;

/**
 * `count` finished flow runs over the thirty days before today, with their states, flows and deployments, and a task run
 * for every fourth. Ids come from the run's number and the day: the same day's scenario, run again, adds nothing.
 */
export async function millionRuns({ databaseUrl, workspaceId }: Place, count: number): Promise<void> {
  const until = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
  const client = new pg.Client({
    connectionString: databaseUrl,
    options: "-c timezone=UTC -c jit=off -c synchronous_commit=off",
  });
  await client.connect();
  const { rows } = await client.query("select retention_days from workspace where id = $1", [workspaceId]);
  const retentionDays: number | undefined = rows[0]?.retention_days;
  if (retentionDays === undefined) throw new Error(`There is no workspace ${workspaceId} in this database.`);
  await partitionsOfThePast(databaseUrl, until, retentionDays);
  await client.query(helpers);
  await client.query(flowsAndDeployments, [workspaceId, until, FLOWS, DEPLOYMENTS]);
  const started = performance.now();
  for (let first = 0; first < count; first += BATCH) {
    const last = Math.min(first + BATCH, count) - 1;
    await client.query(runs, [
      workspaceId,
      retentionDays,
      until,
      DAYS,
      count,
      first,
      last,
      FLOWS,
      DEPLOYMENTS,
      RUNS_PER_TASK,
    ]);
    const seconds = (performance.now() - started) / 1000;
    const left = (seconds / (last + 1)) * (count - last - 1);
    process.stdout.write(
      `\r${(last + 1).toLocaleString("en")} of ${count.toLocaleString("en")} runs, ${left.toFixed(0)} s left   `,
    );
  }
  process.stdout.write("\nCounting what there is now…\n");
  for (const table of ["flow", "deployment", "flow_run", "task_run", "flow_run_state", "task_run_state"]) {
    await client.query(`vacuum (analyze) ${table}`);
  }
  await client.end();
  console.log(`Done in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
}

/** History of days that are gone would otherwise land in the default partitions, which are meant to be empty. */
async function partitionsOfThePast(url: string, until: Date, retentionDays: number): Promise<void> {
  const db = openDb({ url, connections: 1, hotConnections: 1 });
  try {
    for (let day = DAYS + 1; day >= 0; day -= 2) {
      await maintainPartitions(db, new Date(until.getTime() - day * 86_400_000), [retentionDays]);
    }
  } finally {
    await db.close();
  }
}

/** A version 7 uuid of an instant and a name, and pictures of things that vary. */
const helpers = `
  create or replace function pg_temp.uuid_of(at timestamptz, seed text) returns uuid language sql immutable as $$
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(seed), 1, 3)
            || '8' || substr(md5(seed), 4, 3) || substr(md5(seed), 7, 12))::uuid $$`;

const flowsAndDeployments = `
  with flows as (
    insert into flow (workspace_id, id, created, updated, name, tags, labels)
    select $1, pg_temp.uuid_of($2, 'flow ' || n), $2, $2, (array['ingest','train','report','sync','score'])[1 + n % 5] || '-' || n, '{}', '{}'
      from generate_series(0, $3::int - 1) as n
    on conflict do nothing
  )
  insert into deployment (workspace_id, id, created, updated, name, flow_id, tags, labels, parameters, job_variables)
  select $1, pg_temp.uuid_of($2, 'deployment ' || n), $2, $2, 'nightly-' || n, pg_temp.uuid_of($2, 'flow ' || n % $3::int), '{}', '{}', '{}', '{}'
    from generate_series(0, $4::int - 1) as n
  on conflict do nothing`;

/**
 * Numbers of one run are picked from its hash, so that they look random and are not. Of a hundred runs 88 complete, 7 fail,
 * 3 are cancelled, 2 crash; most take seconds, some hours.
 */
const runs = `
  with numbered as (
    select n, ('x' || substr(md5('run ' || n), 1, 8))::bit(32)::bigint as hash,
           $3::timestamptz - make_interval(days => $4) * (1 - n::float8 / $5) as created
      from generate_series($6::bigint, $7::bigint) as n
  ), run as (
    select n, hash, created, pg_temp.uuid_of(created, 'run ' || n) as id, pg_temp.uuid_of($3, 'flow ' || hash % $8) as flow_id,
           case when hash % 10 < 8 then pg_temp.uuid_of($3, 'deployment ' || hash % $9) end as deployment_id,
           created + make_interval(secs => 1 + hash % 30) as started,
           created + make_interval(secs => 1 + hash % 30 + case when hash % 50 = 0 then hash % 7200 else hash % 90 + 1 end) as ended,
           case when hash / 7 % 100 < 88 then 'COMPLETED' when hash / 7 % 100 < 95 then 'FAILED'
                when hash / 7 % 100 < 98 then 'CANCELLED' else 'CRASHED' end as final
      from numbered
  ), made as (
    insert into flow_run (workspace_id, id, created, updated, version, name, flow_id, deployment_id, flow_version, parameters,
      context, empirical_policy, job_variables, labels, tags, state_id, state_type, state_name, state_timestamp, state_message,
      state_details, run_count, expected_start_time, start_time, end_time, total_run_time)
    select $1, id, created, ended, 3, (array['amber','brisk','calm','daring','eager','fuzzy','gentle','hasty'])[1 + hash % 8]
             || '-' || (array['otter','lynx','heron','marmot','tapir','civet','ibis'])[1 + hash % 7], flow_id, deployment_id,
           '9bd5abc4d3f4b72d372848a2d339ebc1', '{"n":3}', '{}', '{"retries":0,"retry_delay":0}', '{}',
           json_build_object('prefect.flow.id', flow_id), case when hash % 5 = 0 then '{nightly}'::text[] else '{}' end,
           pg_temp.uuid_of(ended, 'end ' || n), final, initcap(final), ended,
           case when final = 'FAILED' then 'Flow run encountered an exception: ValueError: no rows' end,
           json_build_object('flow_run_id', id), 1, created, started, ended, extract(epoch from ended - started)
      from run
    on conflict do nothing returning id
  ), states as (
    insert into flow_run_state (workspace_id, flow_run_id, timestamp, id, retention_days, type, name, state_details)
    select $1, id, at, pg_temp.uuid_of(at, kind || n), $2, type, initcap(type), json_build_object('flow_run_id', id)
      from run join made using (id), lateral (values
        (created, 'pending ', 'PENDING'), (started, 'start ', 'RUNNING'), (ended, 'end ', final)) as s (at, kind, type)
  ), task as (
    select run.*, pg_temp.uuid_of(started, 'task ' || n) as task_id from run join made using (id) where n % $10 = 0
  ), tasks as (
    insert into task_run (workspace_id, id, created, updated, version, name, flow_run_id, task_key, dynamic_key, empirical_policy,
      task_inputs, tags, labels, state_id, state_type, state_name, state_timestamp, state_details, run_count, flow_run_run_count,
      expected_start_time, start_time, end_time, total_run_time)
    select $1, task_id, started, ended, 1, 'extract-' || substr(md5(n::text), 1, 3), id, 'extract-d8a9faeb', task_id::text,
           '{"retries":0}', '{"n":[]}', '{}', '{}', pg_temp.uuid_of(ended, 'task end ' || n), final, initcap(final), ended,
           json_build_object('task_run_id', task_id, 'flow_run_id', id), 1, 1, started, started, ended,
           extract(epoch from ended - started)
      from task
    on conflict do nothing
  )
  insert into task_run_state (workspace_id, task_run_id, timestamp, id, retention_days, type, name, state_details)
  select $1, task_id, at, pg_temp.uuid_of(at, kind || n), $2, type, initcap(type), json_build_object('task_run_id', task_id)
    from task, lateral (values (started, 'task start ', 'RUNNING'), (ended, 'task end ', final)) as s (at, kind, type)
  on conflict do nothing`;
