-- Who made and changed flows, pools and queues, and whose a worker is, with the version of its client.
ALTER TABLE "flow" ADD COLUMN "created_by" JSON, ADD COLUMN "updated_by" JSON;
ALTER TABLE "work_pool" ADD COLUMN "created_by" JSON, ADD COLUMN "updated_by" JSON;
ALTER TABLE "work_queue" ADD COLUMN "created_by" JSON, ADD COLUMN "updated_by" JSON;
ALTER TABLE "worker" ADD COLUMN "created_by" JSON, ADD COLUMN "client_version" TEXT;
