-- CreateTable
CREATE TABLE "queued_task" (
    "workspace_id" UUID NOT NULL,
    "task_run_id" UUID NOT NULL,
    "task_key" TEXT NOT NULL,
    "free_at" TIMESTAMPTZ(6) NOT NULL,
    "holder" TEXT,
    "is_acked" BOOLEAN NOT NULL DEFAULT false,
    "details" JSON NOT NULL,

    CONSTRAINT "queued_task_pkey" PRIMARY KEY ("workspace_id", "task_run_id")
);

-- CreateTable
CREATE TABLE "task_worker" (
    "workspace_id" UUID NOT NULL,
    "client_id" TEXT NOT NULL,
    "task_keys" TEXT[],
    "last_seen" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "task_worker_pkey" PRIMARY KEY ("workspace_id", "client_id")
);

-- CreateIndex
CREATE INDEX "queued_task_workspace_id_task_key_free_at_idx" ON "queued_task"("workspace_id", "task_key", "free_at");

-- CreateIndex
CREATE INDEX "queued_task_workspace_id_holder_idx" ON "queued_task"("workspace_id", "holder");
