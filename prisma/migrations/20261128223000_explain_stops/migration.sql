-- Who stopped it and when, for as long as it is stopped: `{at, by}`. What was stopped before this is not known.
ALTER TABLE "work_pool" ADD COLUMN "pause" JSON;
ALTER TABLE "work_queue" ADD COLUMN "pause" JSON;
ALTER TABLE "deployment" ADD COLUMN "pause" JSON, ADD COLUMN "disablement" JSON;
ALTER TABLE "deployment_schedule" ADD COLUMN "pause" JSON;
