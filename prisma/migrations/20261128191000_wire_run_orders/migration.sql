-- Ended runs by when they ended, and waiting ones by when they are due: each run enters each once. See docs/decisions/0040.
CREATE INDEX "flow_run_end_idx" ON "flow_run" ("workspace_id", (coalesce("end_time", 'infinity'::timestamptz)), "id")
  WHERE "state_type" IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED');
CREATE INDEX "flow_run_due_idx" ON "flow_run" ("workspace_id", (coalesce("next_scheduled_start_time", 'infinity'::timestamptz)), "id")
  WHERE "state_type" = 'SCHEDULED';
