-- CreateTable
CREATE TABLE "cleanup_message" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "work_pool_id" UUID NOT NULL,
    "work_queue_id" UUID NOT NULL,
    "flow_run_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "target" JSON NOT NULL,
    "deliveries" INTEGER NOT NULL DEFAULT 0,
    "free_at" TIMESTAMPTZ(6),
    "token" TEXT,
    "holder" UUID,
    "reason" TEXT,
    "outcome" TEXT,

    CONSTRAINT "cleanup_message_pkey" PRIMARY KEY ("workspace_id", "id")
);

-- CreateIndex
CREATE UNIQUE INDEX "cleanup_message_workspace_id_work_pool_id_idempotency_key_key" ON "cleanup_message"("workspace_id", "work_pool_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "cleanup_message_workspace_id_work_pool_id_free_at_idx" ON "cleanup_message"("workspace_id", "work_pool_id", "free_at");

-- CreateIndex
CREATE INDEX "cleanup_message_free_at_idx" ON "cleanup_message"("free_at");

-- AddForeignKey
ALTER TABLE "cleanup_message" ADD CONSTRAINT "cleanup_message_workspace_id_work_pool_id_fkey" FOREIGN KEY ("workspace_id", "work_pool_id") REFERENCES "work_pool"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
