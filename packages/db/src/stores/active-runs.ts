import { raw } from "../sql.ts";

/** How many runs of queue `q` are active: what its limit and its pool's count, read from the partial index over active runs. */
export const ACTIVE_IN_QUEUE = `(select count(*) from flow_run r where r.workspace_id = q.workspace_id and r.work_queue_id = q.id
  and r.work_queue_id is not null and r.state_type in ('PENDING', 'RUNNING'))`;

/** How many runs of pool `p` are active. */
export const ACTIVE_IN_POOL = `(select coalesce(sum(${ACTIVE_IN_QUEUE}), 0) from work_queue q
  where q.workspace_id = p.workspace_id and q.work_pool_id = p.id)`;

/** How many runs of schedule `s` are active: those that the scheduler made of it. */
export const ACTIVE_OF_SCHEDULE = `(select count(*) from flow_run r where r.workspace_id = s.workspace_id
  and r.created_by->>'id' = s.id::text and r.auto_scheduled and r.state_type in ('PENDING', 'RUNNING'))`;

/** How many active runs there are of those that the filter of queue `q` takes in, whatever queue they are of. */
export const ACTIVE_OF_FILTER = `(select count(*) from flow_run r where r.workspace_id = q.workspace_id
  and r.state_type in ('PENDING', 'RUNNING') and r.deployment_id is not null
  and (q.filter->>'tags' is null or to_jsonb(r.tags) @> (q.filter->'tags')::jsonb)
  and (q.filter->>'deployment_ids' is null or (q.filter->'deployment_ids')::jsonb @> to_jsonb(r.deployment_id)))`;

/** The same, as pieces of SQL. */
export const activeInQueue = raw(ACTIVE_IN_QUEUE);
export const activeInPool = raw(ACTIVE_IN_POOL);
export const activeOfFilter = raw(ACTIVE_OF_FILTER);
export const activeOfSchedule = raw(ACTIVE_OF_SCHEDULE);
