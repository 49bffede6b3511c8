import type { ActiveLimit } from "@weir/core";
import type { FlowRunForTransition } from "@weir/db";

/** The limits that a claim of a run keeps, in the order in which their rows are locked; empty unless the run is scheduled. */
export function activeLimitsOf(run: FlowRunForTransition): ActiveLimit[] {
  return [
    ...limitOf("work_pool", run.work_pool_id, run.work_pool_name, run.pool_limit, run.pool_active),
    ...limitOf("work_queue", run.work_queue_id, run.work_queue_name, run.queue_limit, run.queue_active),
    ...limitOf("schedule", run.schedule_id, run.schedule_name, run.schedule_limit, run.schedule_active),
  ];
}

function limitOf(
  of: ActiveLimit["of"],
  id: string | null,
  name: string | null,
  limit: number | null,
  active: number | null,
): ActiveLimit[] {
  return id === null || limit === null || active === null ? [] : [{ of, id, name: name ?? "", limit, active }];
}
