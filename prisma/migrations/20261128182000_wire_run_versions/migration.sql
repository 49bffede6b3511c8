-- A run names the version of the deployment that it was made of.
ALTER TABLE "flow_run" ADD COLUMN "deployment_version_id" UUID;
