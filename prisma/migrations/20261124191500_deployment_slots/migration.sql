-- AlterTable
ALTER TABLE "deployment" ADD COLUMN "concurrency_limit_id" UUID;

-- AlterTable
ALTER TABLE "dispatch" ADD COLUMN "slot_since" TIMESTAMPTZ(6);

-- CreateIndex: the limited ones only, which every poll reads
CREATE INDEX "deployment_limit_idx" ON "deployment"("workspace_id", "concurrency_limit_id")
 WHERE "concurrency_limit_id" IS NOT NULL;

-- Limits that were stored and not kept until now.
INSERT INTO "concurrency_limit" ("workspace_id", "id", "created", "updated", "name", "slot_limit", "decayed_at")
SELECT d."workspace_id", gen_random_uuid(), d."created", now(), 'deployment:' || d."id", d."concurrency_limit", now()
  FROM "deployment" d WHERE d."concurrency_limit" IS NOT NULL
ON CONFLICT ("workspace_id", "name") DO NOTHING;
UPDATE "deployment" d SET "concurrency_limit_id" = l."id" FROM "concurrency_limit" l
 WHERE d."concurrency_limit" IS NOT NULL AND l."workspace_id" = d."workspace_id" AND l."name" = 'deployment:' || d."id";
