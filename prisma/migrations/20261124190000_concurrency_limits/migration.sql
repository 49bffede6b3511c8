-- CreateTable
CREATE TABLE "concurrency_limit" (
    "workspace_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "updated" TIMESTAMPTZ(6) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "name" TEXT NOT NULL,
    "slot_limit" INTEGER NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "active_slots" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "decayed_at" TIMESTAMPTZ(6) NOT NULL,
    "denied_slots" INTEGER NOT NULL DEFAULT 0,
    "slot_decay_per_second" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "avg_slot_occupancy_seconds" DOUBLE PRECISION NOT NULL DEFAULT 2,
    "waited_until" TIMESTAMPTZ(6),

    CONSTRAINT "concurrency_limit_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "concurrency_slot" (
    "workspace_id" UUID NOT NULL,
    "lease_id" UUID NOT NULL,
    "limit_id" UUID NOT NULL,
    "slots" INTEGER NOT NULL,
    "holder_type" TEXT,
    "holder_id" UUID,
    "acquired" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "concurrency_slot_pkey" PRIMARY KEY ("workspace_id","lease_id","limit_id")
);

-- CreateTable
CREATE TABLE "concurrency_wait" (
    "workspace_id" UUID NOT NULL,
    "limit_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "slots" INTEGER NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "held_until" TIMESTAMPTZ(6) NOT NULL,
    "alive_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "concurrency_wait_pkey" PRIMARY KEY ("workspace_id","limit_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "concurrency_limit_workspace_id_name_key" ON "concurrency_limit"("workspace_id", "name");

-- CreateIndex
CREATE INDEX "concurrency_slot_workspace_id_limit_id_expires_at_idx" ON "concurrency_slot"("workspace_id", "limit_id", "expires_at");

-- CreateIndex
CREATE INDEX "concurrency_slot_workspace_id_holder_id_idx" ON "concurrency_slot"("workspace_id", "holder_id");

-- CreateIndex
CREATE INDEX "concurrency_slot_expires_at_idx" ON "concurrency_slot"("expires_at");

-- CreateIndex
CREATE INDEX "concurrency_wait_workspace_id_limit_id_since_idx" ON "concurrency_wait"("workspace_id", "limit_id", "since");

-- AddForeignKey
ALTER TABLE "concurrency_limit" ADD CONSTRAINT "concurrency_limit_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "concurrency_slot" ADD CONSTRAINT "concurrency_slot_workspace_id_limit_id_fkey" FOREIGN KEY ("workspace_id", "limit_id") REFERENCES "concurrency_limit"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "concurrency_wait" ADD CONSTRAINT "concurrency_wait_workspace_id_limit_id_fkey" FOREIGN KEY ("workspace_id", "limit_id") REFERENCES "concurrency_limit"("workspace_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
