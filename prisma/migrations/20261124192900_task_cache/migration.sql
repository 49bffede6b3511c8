-- CreateTable
CREATE TABLE "task_cache" (
    "workspace_id" UUID NOT NULL,
    "cache_key" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6),
    "message" TEXT,
    "details" JSON NOT NULL,
    "data" JSON,

    CONSTRAINT "task_cache_pkey" PRIMARY KEY ("workspace_id", "cache_key", "id")
);
