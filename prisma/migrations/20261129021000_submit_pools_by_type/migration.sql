-- Whoever starts the runs of a type of pool looks for pools of that type, across workspaces, every two seconds.
CREATE INDEX "work_pool_type_idx" ON "work_pool"("type");
