-- CreateTable
CREATE TABLE "flow_run_input" (
    "workspace_id" UUID NOT NULL,
    "flow_run_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "created" TIMESTAMPTZ(6) NOT NULL,
    "value" TEXT NOT NULL,
    "sender" TEXT,

    CONSTRAINT "flow_run_input_pkey" PRIMARY KEY ("workspace_id", "flow_run_id", "key")
);

-- CreateIndex
CREATE INDEX "flow_run_input_workspace_id_flow_run_id_created_id_idx" ON "flow_run_input"("workspace_id", "flow_run_id", "created", "id");
