import { raw, type Sql, sql } from "../sql.ts";

/** Taken slots of limit `l` now: what decays has. */
export const taken = raw(
  `greatest(0, l.active_slots - l.slot_decay_per_second * extract(epoch from clock_timestamp() - l.decayed_at)::float8)`,
);

/** Of the taken slots of limit `l`, those whose lease expired and that nobody took back yet. */
export const expired = raw(`(select coalesce(sum(s.slots), 0) from concurrency_slot s
  where s.workspace_id = l.workspace_id and s.limit_id = l.id and s.expires_at <= clock_timestamp())`);

/** The CTE that tells other processes of limits with free slots, where somebody waits. `freed` has `id` and `waited_until`. */
export function tellFreed(ws: string, freed: Sql): Sql {
  return sql`told as (
    insert into outbox (workspace_id, noun, keys)
    select ${ws}::uuid, 'concurrency_limit', '[' || string_agg('["' || f.id || '",0]', ',') || ']'
      from ${freed} f where f.waited_until > clock_timestamp() having count(*) > 0)`;
}
