import type { DeploymentRow } from "@weir/db";

/** A deployment on the wire. */
export function wireDeployment({
  work_pool_id: _,
  work_pool_type: __,
  live_version_info: ___,
  ...row
}: DeploymentRow): Record<string, unknown> {
  return {
    ...row,
    storage_document_id: null,
    infrastructure_document_id: null,
  };
}
