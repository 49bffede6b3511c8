-- What a schedule does about dates that nobody was there for, and how far it has been planned.
ALTER TABLE "deployment_schedule" ADD COLUMN "catch_up" TEXT NOT NULL DEFAULT 'latest',
ADD COLUMN "planned_until" TIMESTAMPTZ(6);
