-- How many runs of a schedule may be active at once. See docs/decisions/0057.
ALTER TABLE "deployment_schedule" ADD COLUMN "max_active_runs" INTEGER;
CREATE INDEX "deployment_schedule_limited_idx" ON "deployment_schedule" ("workspace_id", "deployment_id")
  WHERE "max_active_runs" IS NOT NULL;
-- A schedule's run enters when it is claimed and leaves when it ends: to plan runs costs nothing more.
CREATE INDEX "flow_run_active_schedule_idx" ON "flow_run" ("workspace_id", ("created_by"->>'id'))
  WHERE "auto_scheduled" AND "state_type" IN ('PENDING', 'RUNNING');
