-- Leases come and go: an index that begins with the workspace holds the dead entries of all of them until a vacuum, and a
-- plan that was made while the table was small reads them all to find a few.
create index concurrency_slot_limit_id_expires_at_idx on concurrency_slot (limit_id, expires_at);
create index concurrency_slot_holder_id_idx on concurrency_slot (holder_id);
drop index concurrency_slot_workspace_id_limit_id_expires_at_idx;
drop index concurrency_slot_workspace_id_holder_id_idx;
