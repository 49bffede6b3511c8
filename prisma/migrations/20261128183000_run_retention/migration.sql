-- Task runs of no flow, oldest first: what retention goes through. Those of a flow go with its run.
CREATE INDEX "task_run_alone_idx" ON "task_run" ("workspace_id", "created") WHERE "flow_run_id" IS NULL;
