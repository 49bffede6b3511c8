import pg from "pg";
import type { Place } from "./place.ts";

/** `count` deployments of one flow, each with an inactive schedule. The scenario, run again, adds nothing. */
export async function manyDeployments({ databaseUrl, workspaceId }: Place, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, options: "-c synchronous_commit=off" });
  await client.connect();
  for (const statement of [flow, deployments, schedules]) await client.query(statement, [workspaceId, count]);
  await client.query("vacuum (analyze) deployment, deployment_schedule");
  await client.end();
}

const id = (noun: string) => `md5($1::text || ' ${noun} ' || n)::uuid`;

const flow = `
  insert into flow (workspace_id, id, created, updated, name)
  select $1::uuid, ${id("many")}, now(), now(), 'many' from generate_series(0, least($2::int, 0)) n on conflict do nothing`;
const deployments = `
  insert into deployment (workspace_id, id, created, updated, name, flow_id)
  select $1::uuid, ${id("many deployment")}, now(), now(), 'many-' || lpad(n::text, 6, '0'), f.id
    from generate_series(1, $2::int) n, flow f where f.workspace_id = $1::uuid and f.name = 'many' on conflict do nothing`;
const schedules = `
  insert into deployment_schedule (workspace_id, id, created, updated, deployment_id, schedule, active)
  select $1::uuid, ${id("many schedule")}, now(), now(), ${id("many deployment")}, '{"interval":3600}', false
    from generate_series(1, $2::int) n on conflict do nothing`;
