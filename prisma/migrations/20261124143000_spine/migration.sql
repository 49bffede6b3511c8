-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "name" TEXT NOT NULL,
    "handle" TEXT NOT NULL,
    "settings" JSON NOT NULL DEFAULT '{}',

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "actor_id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" TIMESTAMPTZ(6),
    "handle" TEXT NOT NULL,
    "first_name" TEXT NOT NULL DEFAULT '',
    "last_name" TEXT NOT NULL DEFAULT '',
    "password_hash" TEXT,
    "settings" JSON NOT NULL DEFAULT '{}',

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "membership" (
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "account_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" TEXT NOT NULL,

    CONSTRAINT "membership_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "last_four" TEXT NOT NULL,
    "expiration" TIMESTAMPTZ(6),
    "last_used" TIMESTAMPTZ(6),
    "last_client" TEXT,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification_token" (
    "identifier" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "expires" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "verification_token_pkey" PRIMARY KEY ("identifier","token")
);

-- CreateTable
CREATE TABLE "artifact" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "key" TEXT,
    "type" TEXT,
    "description" TEXT,
    "data" JSON,
    "metadata" JSON,
    "flow_run_id" UUID,
    "task_run_id" UUID,

    CONSTRAINT "artifact_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "artifact_collection" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "key" TEXT NOT NULL,
    "latest_id" UUID NOT NULL,

    CONSTRAINT "artifact_collection_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "deployment" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "flow_id" UUID NOT NULL,
    "version" TEXT,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "status" TEXT NOT NULL DEFAULT 'NOT_READY',
    "last_polled" TIMESTAMPTZ(6),
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "labels" JSON NOT NULL DEFAULT '{}',
    "entrypoint" TEXT,
    "path" TEXT,
    "pull_steps" JSON,
    "parameters" JSON NOT NULL DEFAULT '{}',
    "parameter_openapi_schema" JSON,
    "enforce_parameter_schema" BOOLEAN NOT NULL DEFAULT true,
    "job_variables" JSON NOT NULL DEFAULT '{}',
    "work_pool_id" UUID,
    "work_queue_id" UUID,
    "work_queue_name" TEXT,
    "concurrency_limit" INTEGER,
    "concurrency_options" JSON,
    "version_info" JSON,
    "created_by" JSON,
    "updated_by" JSON,

    CONSTRAINT "deployment_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "deployment_schedule" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "deployment_id" UUID NOT NULL,
    "schedule" JSON NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "max_scheduled_runs" INTEGER,
    "parameters" JSON NOT NULL DEFAULT '{}',
    "slug" TEXT,
    "plan_at" TIMESTAMPTZ(6),
    "claim" UUID,
    "claim_until" TIMESTAMPTZ(6),

    CONSTRAINT "deployment_schedule_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "work_pool" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "type" TEXT NOT NULL,
    "base_job_template" JSON NOT NULL DEFAULT '{}',
    "is_paused" BOOLEAN NOT NULL DEFAULT false,
    "concurrency_limit" INTEGER,
    "default_queue_id" UUID NOT NULL,
    "status" TEXT,
    "storage_configuration" JSON NOT NULL DEFAULT '{}',

    CONSTRAINT "work_pool_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "work_queue" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "work_pool_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "is_paused" BOOLEAN NOT NULL DEFAULT false,
    "concurrency_limit" INTEGER,
    "priority" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "last_polled" TIMESTAMPTZ(6),

    CONSTRAINT "work_queue_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "worker" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "work_pool_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "last_heartbeat_time" TIMESTAMPTZ(6) NOT NULL,
    "heartbeat_interval_seconds" DOUBLE PRECISION NOT NULL DEFAULT 30,
    "offline_at" TIMESTAMPTZ(6) NOT NULL,
    "metadata" JSON,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "log" (
    "workspace_id" UUID NOT NULL,
    "flow_run_id" UUID NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL,
    "id" UUID NOT NULL,
    "retention_days" INTEGER NOT NULL,
    "task_run_id" UUID,
    "worker_id" UUID,
    "level" SMALLINT NOT NULL,
    "name" TEXT NOT NULL,
    "message" TEXT NOT NULL,

    CONSTRAINT "log_pkey" PRIMARY KEY ("workspace_id","flow_run_id","timestamp","id","retention_days")
) PARTITION BY LIST ("retention_days");

-- CreateTable
CREATE TABLE "event" (
    "workspace_id" UUID NOT NULL,
    "occurred" TIMESTAMPTZ(6) NOT NULL,
    "id" UUID NOT NULL,
    "retention_days" INTEGER NOT NULL,
    "received" TIMESTAMPTZ(6) NOT NULL,
    "name" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "body" JSON NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("workspace_id","occurred","id","retention_days")
) PARTITION BY LIST ("retention_days");

-- CreateTable
CREATE TABLE "event_resource" (
    "workspace_id" UUID NOT NULL,
    "resource_id" TEXT NOT NULL,
    "occurred" TIMESTAMPTZ(6) NOT NULL,
    "event_id" UUID NOT NULL,
    "retention_days" INTEGER NOT NULL,

    CONSTRAINT "event_resource_pkey" PRIMARY KEY ("workspace_id","resource_id","occurred","event_id","retention_days")
) PARTITION BY LIST ("retention_days");

-- CreateTable
CREATE TABLE "outbox" (
    "tx" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
    "id" BIGSERIAL NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "workspace_id" UUID NOT NULL,
    "noun" TEXT NOT NULL,
    "keys" TEXT NOT NULL,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("tx","id","created")
) PARTITION BY RANGE ("created");

-- CreateTable
CREATE TABLE "flow" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "name" TEXT NOT NULL,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "labels" JSON NOT NULL DEFAULT '{}',

    CONSTRAINT "flow_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "flow_run" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "version" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "flow_id" UUID NOT NULL,
    "deployment_id" UUID,
    "deployment_version" TEXT,
    "work_pool_id" UUID,
    "work_queue_id" UUID,
    "work_queue_name" TEXT,
    "infrastructure_pid" TEXT,
    "flow_version" TEXT,
    "parameters" JSON NOT NULL,
    "context" JSON NOT NULL,
    "empirical_policy" JSON NOT NULL,
    "job_variables" JSON NOT NULL,
    "labels" JSON NOT NULL,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "idempotency_key" TEXT,
    "parent_task_run_id" UUID,
    "parent_flow_run_id" UUID,
    "created_by" JSON,
    "auto_scheduled" BOOLEAN NOT NULL DEFAULT false,
    "state_id" UUID NOT NULL,
    "state_type" TEXT NOT NULL,
    "state_name" TEXT NOT NULL,
    "state_timestamp" TIMESTAMPTZ(6) NOT NULL,
    "state_message" TEXT,
    "state_details" JSON NOT NULL,
    "state_data" JSON,
    "run_count" INTEGER NOT NULL DEFAULT 0,
    "expected_start_time" TIMESTAMPTZ(6) NOT NULL,
    "next_scheduled_start_time" TIMESTAMPTZ(6),
    "start_time" TIMESTAMPTZ(6),
    "end_time" TIMESTAMPTZ(6),
    "total_run_time" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "flow_run_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "flow_run_state" (
    "workspace_id" UUID NOT NULL,
    "flow_run_id" UUID NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL,
    "id" UUID NOT NULL,
    "retention_days" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "message" TEXT,
    "state_details" JSON NOT NULL,
    "data" JSON,

    CONSTRAINT "flow_run_state_pkey" PRIMARY KEY ("workspace_id","flow_run_id","timestamp","id","retention_days")
) PARTITION BY LIST ("retention_days");

-- CreateTable
CREATE TABLE "task_run" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "version" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "flow_run_id" UUID,
    "task_key" TEXT NOT NULL,
    "dynamic_key" TEXT NOT NULL,
    "cache_key" TEXT,
    "cache_expiration" TIMESTAMPTZ(6),
    "task_version" TEXT,
    "empirical_policy" JSON NOT NULL,
    "task_inputs" JSON NOT NULL,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "labels" JSON NOT NULL,
    "state_id" UUID NOT NULL,
    "state_type" TEXT NOT NULL,
    "state_name" TEXT NOT NULL,
    "state_timestamp" TIMESTAMPTZ(6) NOT NULL,
    "state_message" TEXT,
    "state_details" JSON NOT NULL,
    "state_data" JSON,
    "run_count" INTEGER NOT NULL DEFAULT 0,
    "flow_run_run_count" INTEGER NOT NULL DEFAULT 0,
    "expected_start_time" TIMESTAMPTZ(6),
    "next_scheduled_start_time" TIMESTAMPTZ(6),
    "start_time" TIMESTAMPTZ(6),
    "end_time" TIMESTAMPTZ(6),
    "total_run_time" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "task_run_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "task_run_state" (
    "workspace_id" UUID NOT NULL,
    "task_run_id" UUID NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL,
    "id" UUID NOT NULL,
    "retention_days" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "message" TEXT,
    "state_details" JSON NOT NULL,
    "data" JSON,

    CONSTRAINT "task_run_state_pkey" PRIMARY KEY ("workspace_id","task_run_id","timestamp","id","retention_days")
) PARTITION BY LIST ("retention_days");

-- CreateTable
CREATE TABLE "dispatch" (
    "workspace_id" UUID NOT NULL,
    "flow_run_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "work_pool_id" UUID,
    "work_queue_id" UUID,
    "deployment_id" UUID,
    "may_be_late" BOOLEAN NOT NULL,
    "in_process" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "dispatch_pkey" PRIMARY KEY ("workspace_id","flow_run_id")
);

-- CreateTable
CREATE TABLE "workspace" (
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "account_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "handle" TEXT NOT NULL,
    "retention_days" INTEGER NOT NULL DEFAULT 30,

    CONSTRAINT "workspace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workspace_access" (
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "workspace_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" TEXT NOT NULL,

    CONSTRAINT "workspace_access_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "variable" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "name" TEXT NOT NULL,
    "value" JSON NOT NULL,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "variable_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "account_handle_key" ON "account"("handle");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_actor_id_key" ON "app_user"("actor_id");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_email_key" ON "app_user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_handle_key" ON "app_user"("handle");

-- CreateIndex
CREATE INDEX "membership_user_id_idx" ON "membership"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "membership_account_id_user_id_key" ON "membership"("account_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "api_key_user_id_id_idx" ON "api_key"("user_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "verification_token_token_key" ON "verification_token"("token");

-- CreateIndex
CREATE INDEX "artifact_workspace_id_key_id_idx" ON "artifact"("workspace_id", "key", "id");

-- CreateIndex
CREATE INDEX "artifact_workspace_id_flow_run_id_id_idx" ON "artifact"("workspace_id", "flow_run_id", "id");

-- CreateIndex
CREATE INDEX "artifact_workspace_id_task_run_id_id_idx" ON "artifact"("workspace_id", "task_run_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "artifact_collection_workspace_id_key_key" ON "artifact_collection"("workspace_id", "key");

-- CreateIndex
CREATE INDEX "deployment_workspace_id_work_queue_id_idx" ON "deployment"("workspace_id", "work_queue_id");

-- CreateIndex
CREATE UNIQUE INDEX "deployment_workspace_id_flow_id_name_key" ON "deployment"("workspace_id", "flow_id", "name");

-- CreateIndex
CREATE INDEX "deployment_schedule_plan_at_idx" ON "deployment_schedule"("plan_at");

-- CreateIndex
CREATE UNIQUE INDEX "deployment_schedule_workspace_id_deployment_id_slug_key" ON "deployment_schedule"("workspace_id", "deployment_id", "slug");

-- CreateIndex
CREATE UNIQUE INDEX "work_pool_workspace_id_name_key" ON "work_pool"("workspace_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "work_queue_workspace_id_work_pool_id_name_key" ON "work_queue"("workspace_id", "work_pool_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "worker_workspace_id_work_pool_id_name_key" ON "worker"("workspace_id", "work_pool_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "flow_workspace_id_name_key" ON "flow"("workspace_id", "name");

-- CreateIndex
CREATE INDEX "flow_run_workspace_id_state_type_id_idx" ON "flow_run"("workspace_id", "state_type", "id");

-- CreateIndex
CREATE INDEX "flow_run_workspace_id_flow_id_id_idx" ON "flow_run"("workspace_id", "flow_id", "id");

-- CreateIndex
CREATE INDEX "flow_run_workspace_id_deployment_id_id_idx" ON "flow_run"("workspace_id", "deployment_id", "id");

-- CreateIndex
CREATE INDEX "flow_run_workspace_id_expected_start_time_id_idx" ON "flow_run"("workspace_id", "expected_start_time", "id");

-- CreateIndex
CREATE INDEX "flow_run_workspace_id_parent_flow_run_id_id_idx" ON "flow_run"("workspace_id", "parent_flow_run_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "flow_run_workspace_id_flow_id_idempotency_key_key" ON "flow_run"("workspace_id", "flow_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "flow_run_state_timestamp_idx" ON "flow_run_state" USING BRIN ("timestamp");

-- CreateIndex
CREATE UNIQUE INDEX "task_run_workspace_id_flow_run_id_task_key_dynamic_key_key" ON "task_run"("workspace_id", "flow_run_id", "task_key", "dynamic_key");

-- CreateIndex
CREATE INDEX "task_run_state_timestamp_idx" ON "task_run_state" USING BRIN ("timestamp");

-- CreateIndex
CREATE INDEX "dispatch_workspace_id_work_queue_id_due_at_idx" ON "dispatch"("workspace_id", "work_queue_id", "due_at");

-- CreateIndex
CREATE INDEX "dispatch_workspace_id_deployment_id_due_at_idx" ON "dispatch"("workspace_id", "deployment_id", "due_at");

-- CreateIndex
CREATE INDEX "dispatch_may_be_late_due_at_idx" ON "dispatch"("may_be_late", "due_at");

-- CreateIndex
CREATE UNIQUE INDEX "workspace_account_id_handle_key" ON "workspace"("account_id", "handle");

-- CreateIndex
CREATE INDEX "workspace_access_user_id_idx" ON "workspace_access"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "workspace_access_workspace_id_user_id_key" ON "workspace_access"("workspace_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "variable_workspace_id_name_key" ON "variable"("workspace_id", "name");

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deployment" ADD CONSTRAINT "deployment_workspace_id_flow_id_fkey" FOREIGN KEY ("workspace_id", "flow_id") REFERENCES "flow"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deployment_schedule" ADD CONSTRAINT "deployment_schedule_workspace_id_deployment_id_fkey" FOREIGN KEY ("workspace_id", "deployment_id") REFERENCES "deployment"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "work_pool" ADD CONSTRAINT "work_pool_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "work_queue" ADD CONSTRAINT "work_queue_workspace_id_work_pool_id_fkey" FOREIGN KEY ("workspace_id", "work_pool_id") REFERENCES "work_pool"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "worker" ADD CONSTRAINT "worker_workspace_id_work_pool_id_fkey" FOREIGN KEY ("workspace_id", "work_pool_id") REFERENCES "work_pool"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "flow" ADD CONSTRAINT "flow_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace" ADD CONSTRAINT "workspace_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_access" ADD CONSTRAINT "workspace_access_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workspace_access" ADD CONSTRAINT "workspace_access_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "variable" ADD CONSTRAINT "variable_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot say.

-- Partitions live in a schema of their own, made at run time by packages/db/src/partitions.ts: Prisma sees no drift.
CREATE SCHEMA IF NOT EXISTS "part";

-- The runs page sorts by start, falling back to the time a run is expected to start.
CREATE INDEX "flow_run_start_idx" ON "flow_run" ("workspace_id", (coalesce("start_time", "expected_start_time")), "id");

-- Pool and queue limits count the runs that hold a place: a handful, whatever the history.
CREATE INDEX "flow_run_active_queue_idx" ON "flow_run" ("workspace_id", "work_queue_id")
  WHERE "state_type" IN ('PENDING', 'RUNNING') AND "work_queue_id" IS NOT NULL;

-- A run's row is rewritten three or four times in its life and its indexed state changes each time (no heap-only update);
-- a little room keeps the versions on one page, and frequent small vacuums keep the indexes from growing with dead entries.
ALTER TABLE "flow_run" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.02);

-- A task run is updated in columns that no index holds: heap-only, as long as the page has room for the next version.
ALTER TABLE "task_run" SET (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- Rows come and go within minutes and every poll reads the table: dead rows are its only bulk.
ALTER TABLE "dispatch" SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0);

-- One row per worker, rewritten every 30 s in columns that no index holds.
ALTER TABLE "worker" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
ALTER TABLE "work_queue" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
ALTER TABLE "deployment" SET (fillfactor = 80);
