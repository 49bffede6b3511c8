-- Every state that a run enters writes an entry into each of its table's indexes. Most runs have no parent and many have no
-- deployment: those indexes hold only the runs that have one. A lookup by value implies "is not null".
DROP INDEX "flow_run_workspace_id_deployment_id_id_idx";
DROP INDEX "flow_run_workspace_id_parent_flow_run_id_id_idx";
CREATE INDEX "flow_run_deployment_idx" ON "flow_run" ("workspace_id", "deployment_id", "id") WHERE "deployment_id" IS NOT NULL;
CREATE INDEX "flow_run_parent_idx" ON "flow_run" ("workspace_id", "parent_flow_run_id", "id") WHERE "parent_flow_run_id" IS NOT NULL;
