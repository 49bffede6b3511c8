-- A schedule's row is claimed and planned each time that one of its runs has gone: with room beside it, the claim, which no index
-- knows of, stays within the page and enters none.
ALTER TABLE "deployment_schedule" SET (fillfactor = 50);
