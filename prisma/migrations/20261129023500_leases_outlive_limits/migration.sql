-- A lease of a deleted limit frees nothing, but its holder still renews it.
ALTER TABLE "concurrency_slot" DROP CONSTRAINT "concurrency_slot_workspace_id_limit_id_fkey";
