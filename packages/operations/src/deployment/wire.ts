import type { DeploymentRow, ScheduleRow } from "@weir/db";

/** A deployment on the wire, with what clients of Prefect 2 call the same things. */
export function wireDeployment({
  work_pool_id: _,
  work_pool_type: __,
  ...row
}: DeploymentRow): Record<string, unknown> {
  const [first] = row.schedules.value() as ScheduleRow[];
  return {
    ...row,
    infra_overrides: row.job_variables,
    schedule: first?.schedule ?? null,
    is_schedule_active: !row.paused,
    manifest_path: null,
    storage_document_id: null,
    infrastructure_document_id: null,
  };
}
