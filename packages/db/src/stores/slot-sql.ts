import type { Row } from "../client.ts";
import { FLOW_RUN_KEY } from "../hot/flow-run-effects.ts";
import { raw, type Sql, sql } from "../sql.ts";

/** So many runs are due at once when nothing limits them any more; the others are at their own time. */
export const WITHOUT_LIMIT = 1_000;

/** Taken slots of limit `l` now: what decays has. */
export const TAKEN =
  "greatest(0, l.active_slots - l.slot_decay_per_second * extract(epoch from clock_timestamp() - l.decayed_at)::float8)";

/** The same, as a piece of SQL. */
export const taken = raw(TAKEN);

/** Of the taken slots of limit `l`, those whose lease expired and that nobody took back yet. */
export const expired = raw(`(select coalesce(sum(s.slots), 0) from concurrency_slot s
  where s.workspace_id = l.workspace_id and s.limit_id = l.id and s.expires_at <= clock_timestamp())`);

/** A limit whose slots became free. */
export type Freed = { id: string; name: string; limit: number };

/** Runs statements one after the other, within a transaction or not; `prepared` names one whose text never varies. */
type Ask = <R extends Row>(statement: Sql, prepared?: string) => Promise<R[]>;

/**
 * The CTEs that tell of limits with free slots, where somebody waits: the first runs that wait for them are due at once,
 * and processes that hold calls hear of it. `freed` has `id`, `waited_until` and how many slots are `free`.
 */
export function tellFreed(ws: string, freed: Sql): Sql {
  return sql`${firstDue(ws, freed)}, told as (
      insert into outbox (workspace_id, noun, keys)
      select ${ws}::uuid, 'concurrency_limit', '[' || string_agg('["' || id || '",0]', ',') || ']'
        from waited having count(*) > 0
    )`;
}

/** The CTEs that make the first runs due that wait for a slot of limits with free ones; see `tellFreed`. */
function firstDue(ws: string, freed: Sql): Sql {
  return sql`waited as (
      select f.id, f.free from ${freed} f where f.waited_until > clock_timestamp() and f.free > 0
    ), first as (
      select w.flow_run_id from waited f cross join lateral (
        select w.flow_run_id, w.due_at from deployment d
          join dispatch w on w.workspace_id = d.workspace_id and w.deployment_id = d.id
         where d.workspace_id = ${ws} and d.concurrency_limit_id = f.id and w.slot_since is not null
         order by w.slot_since, w.flow_run_id limit f.free) w
       where w.due_at > clock_timestamp()
    ), ${dueAtOnce(ws)}`;
}

/** The CTEs that make the runs of `first` due, which wait for a slot, and tell who looks at them. */
function dueAtOnce(ws: string): Sql {
  return sql`due as (
      update dispatch w set due_at = least(w.due_at, clock_timestamp()) from first
       where w.workspace_id = ${ws} and w.flow_run_id = first.flow_run_id
    ), woken as (
      update flow_run r set next_scheduled_start_time = least(r.next_scheduled_start_time, clock_timestamp()),
             version = r.version + 1
        from first where r.workspace_id = ${ws} and r.id = first.flow_run_id and r.state_name = 'AwaitingConcurrencySlot'
      returning r.id, r.version, r.parent_flow_run_id
    ), told_runs as (
      insert into outbox (workspace_id, noun, keys)
      select ${ws}::uuid, 'flow_run', '[' || string_agg(${raw(FLOW_RUN_KEY)}, ',') || ']'
        from woken having count(*) > 0
    )`;
}

/** How many slots of limit `l` are free after its row was changed. */
export const freeNow = raw("greatest(0, floor(l.slot_limit - l.active_slots))::bigint");

/**
 * Makes the first runs due that wait for a slot of these limits, where one is free, and tells processes that hold calls. To
 * be asked after the statement that freed a slot, of limits that somebody may wait for: that statement sees who waited when
 * it began, and not who came to wait while it stood at the limit's row, whom nobody would free a slot again.
 */
export async function wakeFirst(ask: Ask, ws: string, limitIds: readonly string[]): Promise<void> {
  if (limitIds.length === 0) return;
  await ask(
    sql`
    with own as (
      select l.id, l.waited_until, case when l.active then greatest(0, floor(l.slot_limit - ${taken}))::bigint
             else ${WITHOUT_LIMIT} end as free
        from concurrency_limit l where l.workspace_id = ${ws} and l.id = any(${limitIds}::uuid[])
    ), ${tellFreed(ws, sql`own`)}
    select from own`,
    "wake-first",
  );
}

/** What a limit's slots are held for on average, once some of them were for `seconds`; null changes nothing. */
export function heldOnAverage(seconds: Sql): Sql {
  return sql`case when ${seconds} is null then l.avg_slot_occupancy_seconds
    else l.avg_slot_occupancy_seconds
         + (greatest(0.1, ${seconds}) - l.avg_slot_occupancy_seconds) / greatest(1, l.slot_limit * 2) end`;
}

/**
 * Makes the runs of these deployments due that wait for a slot of a limit that is theirs no longer. To be asked after the
 * statement that took the limit away: a run that came to wait meanwhile stood at the limit's row until then.
 */
export async function wakeDeployments(ask: Ask, ws: string, deploymentIds: readonly string[]): Promise<void> {
  if (deploymentIds.length === 0) return;
  await ask(sql`
    with first as (
      select w.flow_run_id from unnest(${deploymentIds}::uuid[]) as d (id) cross join lateral (
        select w.flow_run_id, w.due_at from dispatch w
         where w.workspace_id = ${ws} and w.deployment_id = d.id and w.slot_since is not null
         order by w.slot_since, w.flow_run_id limit ${WITHOUT_LIMIT}) w
       where w.due_at > clock_timestamp()
    ), ${dueAtOnce(ws)}
    select from first`);
}

/**
 * Ends what `gone` ends (rows with `limit_id` and `slots`) and frees the slots, each once; the runs that waited longest are
 * due. Gives the limits that have slots again.
 */
export async function freeSlots(ask: Ask, ws: string, gone: Sql, occupancy: Sql = sql`null::float8`): Promise<Freed[]> {
  const freed = await ask<Freed & { is_waited: boolean }>(sql`
    with gone as (${gone}), freed as (
      select limit_id, sum(slots) as slots, ${occupancy} as seconds from gone group by limit_id
    ), locked as (
      select l.id from concurrency_limit l join freed f on f.limit_id = l.id where l.workspace_id = ${ws} order by l.id for update of l
    ), changed as (
      update concurrency_limit l
         set active_slots = greatest(0, ${taken} - f.slots), decayed_at = clock_timestamp(), version = l.version + 1,
             avg_slot_occupancy_seconds = ${heldOnAverage(sql`f.seconds`)}
        from freed f join locked on locked.id = f.limit_id
       where l.workspace_id = ${ws} and l.id = f.limit_id
      returning l.id, l.name, l.slot_limit as limit, l.waited_until
    )
    select id, name, "limit", waited_until > clock_timestamp() as is_waited from changed`);
  const waited = freed.filter((one) => one.is_waited);
  await wakeFirst(
    ask,
    ws,
    waited.map(({ id }) => id),
  );
  return freed;
}

/** How long the leases in `gone` were held, in seconds. */
export const heldFor = raw("avg(extract(epoch from clock_timestamp() - acquired))::float8");
