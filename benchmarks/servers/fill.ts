import { randomUUID } from "node:crypto";
import pg from "pg";
import { millionRuns } from "../../prisma/seed/million-runs.ts";
import { createDeployment, createFlow, createFlowRun, expectStatus, proposal } from "../driver/calls.ts";
import { Connection } from "../driver/connection.ts";
import { headersOf, pathOf, type Target } from "../promise.ts";
import type { Workspace } from "./weir.ts";

/** The pool whose workers poll. */
export const POOL = "bench-reads";

/** How much a server knows: deployments of the pool, with a run ahead each, and runs that have finished. */
export type Size = { deployments: number; runs: number };

const NAME = "bench-reads";
const DUE = 10;
const HOUR = 3_600_000;
const AT_ONCE = 20_000;

/** Ten runs that are due in the pool, as long as nobody takes them: what a poll finds. */
export async function fillFirst(target: Target): Promise<void> {
  const id = await createDeployment(target, NAME, POOL);
  const connection = await Connection.open(target.url, headersOf(target));
  const make = async (time: number) => {
    const state = {
      type: "SCHEDULED",
      name: "Scheduled",
      state_details: { scheduled_time: new Date(time).toISOString() },
    };
    const path = `${pathOf(target)}/deployments/${id}/create_flow_run`;
    expectStatus(await connection.send("POST", path, JSON.stringify({ state })), 201);
  };
  for (let due = 0; due < DUE; due += 1) await make(Date.now());
  await make(Date.now() + HOUR);
  connection.close();
}

/**
 * Fills a server up to a size: with copies, in its own database, of a deployment, a run ahead and a finished run that it
 * made itself. The peer's finished runs have their last state only, Weir's (`npm run seed -- million-runs`) their whole
 * history and some task runs.
 */
export async function fill(target: Target, workspace: Workspace | undefined, { deployments, runs }: Size) {
  const client = new pg.Client({ connectionString: target.databaseUrl, options: "-c synchronous_commit=off" });
  await client.connect();
  try {
    await client.query("set session_replication_role = replica"); // copies refer to what is there: no need to look
    const there = await count(client, "deployment where name like $1", [`${NAME}%`]);
    for (let first = there; first < deployments; first += 1_000) {
      const copy = workspace ? copyDeploymentOfWeir : copyDeploymentOfPeer;
      await client.query(copy, [NAME, first, Math.min(first + 1_000, deployments) - 1]);
    }
    if (workspace) await millionRuns({ ...workspace, databaseUrl: target.databaseUrl }, runs);
    else await fillPeer(client, target, runs);
    await client.query("reset session_replication_role");
    await client.query("vacuum (analyze)");
  } finally {
    await client.end();
  }
}

async function fillPeer(client: pg.Client, target: Target, runs: number): Promise<void> {
  const there = await count(client, "flow_run where end_time is not null", []);
  const template = await finishedRun(target);
  for (let first = there; first < runs; first += AT_ONCE) {
    const last = Math.min(first + AT_ONCE, runs) - 1;
    await client.query(copyRunOfPeer, [template, first, last, runs]);
    process.stdout.write(`\r${last + 1} of ${runs} runs of the peer `);
  }
}

async function count(client: pg.Client, what: string, values: unknown[]): Promise<number> {
  const { rows } = await client.query(`select count(*)::int as count from ${what}`, values);
  return rows[0].count;
}

/** A run that the peer itself saw through. */
async function finishedRun(target: Target): Promise<string> {
  const flowId = await createFlow(target, NAME);
  const connection = await Connection.open(target.url, headersOf(target));
  const id = await createFlowRun(connection, pathOf(target), flowId, "PENDING", randomUUID());
  for (const [type, name] of [
    ["RUNNING", "Running"],
    ["COMPLETED", "Completed"],
  ] as const) {
    const path = `${pathOf(target)}/flow_runs/${id}/set_state`;
    expectStatus(await connection.send("POST", path, proposal(type, name)), 201);
  }
  connection.close();
  return id;
}

/** $1: the name of the deployment to copy; $2 to $3: the numbers of the copies. Each has a run ahead. */
const fresh = `
  with model as (
    select d.id as deployment_id, r.id as run_id, r.state_id
      from deployment d join flow_run r on r.deployment_id = d.id where d.name = $1 order by r.expected_start_time desc limit 1
  ), fresh as (
    select n, gen_random_uuid() as deployment_id, gen_random_uuid() as run_id, gen_random_uuid() as state_id
      from generate_series($2::int, $3::int) as n
  ), deployments as (
    insert into deployment select c.* from model join deployment d on d.id = model.deployment_id, fresh, lateral
      jsonb_populate_record(d, jsonb_build_object('id', fresh.deployment_id, 'name', $1 || '-' || lpad(n::text, 6, '0'))) as c
  ), runs as (
    insert into flow_run select c.* from model join flow_run r on r.id = model.run_id, fresh, lateral
      jsonb_populate_record(r, jsonb_build_object('id', fresh.run_id, 'deployment_id', fresh.deployment_id,
        'state_id', fresh.state_id, 'name', 'ahead-' || n)) as c
  )`;
const copyDeploymentOfWeir = `${fresh}
  insert into dispatch select c.* from model join dispatch p on p.flow_run_id = model.run_id, fresh, lateral
    jsonb_populate_record(p, jsonb_build_object('flow_run_id', fresh.run_id, 'deployment_id', fresh.deployment_id)) as c`;
const copyDeploymentOfPeer = `${fresh}
  insert into flow_run_state select c.* from model join flow_run_state s on s.id = model.state_id, fresh, lateral
    jsonb_populate_record(s, jsonb_build_object('id', fresh.state_id, 'flow_run_id', fresh.run_id)) as c`;

/** Ends, durations and days as in prisma/seed/million-runs.ts. $1: the run to copy; $2 to $3: numbers of $4 in all. */
const copyRunOfPeer = `
  with numbered as (
    select n, gen_random_uuid() as run_id, gen_random_uuid() as state_id,
           ('x' || substr(md5('run ' || n), 1, 8))::bit(32)::bigint as hash,
           date_trunc('day', now()) - make_interval(days => 30) * (1 - n::float8 / $4::int) as created
      from generate_series($2::int, $3::int) as n
  ), fresh as (
    select *, created + make_interval(secs => 1 + hash % 30) as started,
           created + make_interval(secs => 1 + hash % 30 + case when hash % 50 = 0 then hash % 7200 else hash % 90 + 1 end) as ended,
           case when hash / 7 % 100 < 88 then 'COMPLETED' when hash / 7 % 100 < 95 then 'FAILED'
                when hash / 7 % 100 < 98 then 'CANCELLED' else 'CRASHED' end as final
      from numbered
  ), runs as (
    insert into flow_run select c.* from fresh, flow_run r, lateral jsonb_populate_record(r, jsonb_build_object(
        'id', run_id, 'state_id', fresh.state_id, 'name', 'finished-' || n, 'created', fresh.created, 'updated', ended,
        'state_type', final, 'state_name', initcap(final), 'state_timestamp', ended, 'expected_start_time', fresh.created,
        'start_time', started, 'end_time', ended)) as c
     where r.id = $1::uuid
  )
  insert into flow_run_state select c.* from fresh, flow_run r join flow_run_state s on s.id = r.state_id, lateral
      jsonb_populate_record(s, jsonb_build_object('id', fresh.state_id, 'flow_run_id', run_id, 'type', final,
        'name', initcap(final), 'timestamp', ended, 'created', ended, 'updated', ended)) as c
   where r.id = $1::uuid`;
