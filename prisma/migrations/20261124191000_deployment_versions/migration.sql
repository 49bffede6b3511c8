-- Deployments can be disabled, branched, and go back to what they were.
ALTER TABLE "deployment" ADD COLUMN "disabled" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "version_id" UUID,
ADD COLUMN "branch" TEXT,
ADD COLUMN "base" UUID,
ADD COLUMN "root" UUID;

CREATE TABLE "deployment_version" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "deployment_id" UUID NOT NULL,
    "last_active" TIMESTAMPTZ(6) NOT NULL,
    "description" TEXT,
    "version" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "labels" JSON NOT NULL,
    "entrypoint" TEXT,
    "path" TEXT,
    "pull_steps" JSON,
    "parameters" JSON NOT NULL,
    "parameter_openapi_schema" JSON,
    "enforce_parameter_schema" BOOLEAN NOT NULL,
    "job_variables" JSON NOT NULL,
    "work_pool_id" UUID,
    "work_queue_id" UUID,
    "work_queue_name" TEXT,
    "version_info" JSON,
    "created_by" JSON,

    CONSTRAINT "deployment_version_pkey" PRIMARY KEY ("workspace_id","id")
);
CREATE INDEX "deployment_version_workspace_id_deployment_id_created_idx" ON "deployment_version"("workspace_id", "deployment_id", "created");
ALTER TABLE "deployment_version" ADD CONSTRAINT "deployment_version_workspace_id_deployment_id_fkey" FOREIGN KEY ("workspace_id", "deployment_id") REFERENCES "deployment"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What there is now is the first version of each.
WITH made AS (
  INSERT INTO "deployment_version" ("workspace_id", "id", "created", "updated", "deployment_id", "last_active", "description", "version",
    "tags", "labels", "entrypoint", "path", "pull_steps", "parameters", "parameter_openapi_schema", "enforce_parameter_schema",
    "job_variables", "work_pool_id", "work_queue_id", "work_queue_name", "version_info", "created_by")
  SELECT "workspace_id", gen_random_uuid(), "updated", "updated", "id", "updated", "description", "version", "tags", "labels",
         "entrypoint", "path", "pull_steps", "parameters", "parameter_openapi_schema", "enforce_parameter_schema", "job_variables",
         "work_pool_id", "work_queue_id", "work_queue_name", "version_info", coalesce("updated_by", "created_by")
    FROM "deployment"
  RETURNING "workspace_id", "id", "deployment_id"
)
UPDATE "deployment" d SET "version_id" = made."id" FROM made WHERE d."workspace_id" = made."workspace_id" AND d."id" = made."deployment_id";
