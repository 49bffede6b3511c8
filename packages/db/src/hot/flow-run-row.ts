import type { JsonText, StateType } from "@weir/contracts";

/** A flow run's row with the names of its flow and pool (null: it is gone), and what its deployment's version goes by. */
export type FlowRunRow = {
  id: string;
  created: string;
  updated: string;
  version: number;
  name: string;
  flow_id: string;
  flow_name: string | null;
  deployment_id: string | null;
  deployment_version: string | null;
  deployment_version_id: string | null;
  /** Null: it was made of no version, or of one that is gone. */
  deployment_version_info: JsonText | null;
  work_pool_id: string | null;
  work_pool_name: string | null;
  work_queue_id: string | null;
  work_queue_name: string | null;
  infrastructure_pid: string | null;
  flow_version: string | null;
  parameters: JsonText;
  context: JsonText;
  empirical_policy: JsonText;
  job_variables: JsonText;
  labels: JsonText;
  tags: string[];
  idempotency_key: string | null;
  parent_task_run_id: string | null;
  parent_flow_run_id: string | null;
  created_by: JsonText | null;
  /** Who cancelled it; null: it is not cancelled, or nobody in particular did. */
  cancelled_by: JsonText | null;
  auto_scheduled: boolean;
  state_id: string;
  state_type: StateType;
  state_name: string;
  state_timestamp: string;
  state_message: string | null;
  state_details: JsonText;
  state_data: JsonText | null;
  run_count: number;
  expected_start_time: string;
  next_scheduled_start_time: string | null;
  start_time: string | null;
  end_time: string | null;
  total_run_time: number;
};
