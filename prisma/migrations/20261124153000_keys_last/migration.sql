-- On a table without statistics (a new database, until the first analyze) every index that starts with the workspace looks
-- as good to the planner as the primary key, and of equals it takes the one that was made last. The hot statements keep
-- their plans: the wrong index read all runs of the workspace for one. So the key of each table that they look up is the
-- youngest of its indexes.
ALTER TABLE "flow_run" DROP CONSTRAINT "flow_run_pkey", ADD CONSTRAINT "flow_run_pkey" PRIMARY KEY ("workspace_id", "id");
ALTER TABLE "task_run" DROP CONSTRAINT "task_run_pkey", ADD CONSTRAINT "task_run_pkey" PRIMARY KEY ("workspace_id", "id");
ALTER TABLE "dispatch" DROP CONSTRAINT "dispatch_pkey", ADD CONSTRAINT "dispatch_pkey" PRIMARY KEY ("workspace_id", "flow_run_id");
