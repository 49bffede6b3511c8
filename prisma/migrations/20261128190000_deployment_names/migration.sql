-- Lists of deployments by name.
CREATE INDEX "deployment_workspace_id_name_id_idx" ON "deployment"("workspace_id", "name", "id");
