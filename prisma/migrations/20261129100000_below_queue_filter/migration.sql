-- Which runs a queue offers whoever polls it by its id. See docs/decisions/0061.
ALTER TABLE "work_queue" ADD COLUMN "filter" JSON;
