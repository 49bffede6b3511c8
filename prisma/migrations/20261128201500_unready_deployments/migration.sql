-- Each poll looks for deployments of its queues that were not ready; mostly there is none.
CREATE INDEX "deployment_unready_idx" ON "deployment" ("workspace_id", "work_queue_id") WHERE "status" = 'NOT_READY';
