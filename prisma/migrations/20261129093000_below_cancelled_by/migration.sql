-- Who cancelled a flow run. See docs/decisions/0059.
ALTER TABLE "flow_run" ADD COLUMN "cancelled_by" JSON;
