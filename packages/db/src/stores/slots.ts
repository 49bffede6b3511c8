import type { JsonText } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { execute } from "../hot/statement.ts";
import type { Scope } from "../scope.ts";
import { type Sql, sql } from "../sql.ts";
import { type Freed, freeNow, freeSlots, heldFor, heldOnAverage, taken, wakeFirst } from "./slot-sql.ts";

/** A limit that slots are asked of, with its queue. Times are microseconds by the database's clock. */
export type SlotLimitRow = {
  id: string;
  name: string;
  version: number;
  slot_limit: number;
  active: boolean;
  taken: number;
  slot_decay_per_second: number;
  avg_slot_occupancy_seconds: number;
  has_expired: boolean;
  now: number;
  waiting: JsonText;
  crowd_slots: number;
  crowd_since: number | null;
};

/** Who asks, as far as their places are looked for: those they have by id, those they may have kept by key. */
export type SlotAskers = { ids: readonly string[]; keys: readonly string[] };

/** A lease to store. `seconds`: how long it lives; null is for ever. */
type NewLease = {
  id: string;
  limitIds: readonly string[];
  slots: number;
  seconds: number | null;
  holderType: string | null;
  holderId: string | null;
};

/** A place in a queue to store; `heldSeconds` and `aliveSeconds` count from now. */
type NewWait = {
  limitId: string;
  id: string;
  key: string;
  slots: number;
  since: string;
  heldSeconds: number;
  aliveSeconds: number;
};

/** What a decision on slots stores, if every limit is still at the version it was made on. */
export type SlotCommit = {
  limits: readonly { id: string; version: number; taken: number; waitedSeconds: number | null }[];
  leases: readonly NewLease[];
  waits: readonly NewWait[];
  leaves: readonly { limitId: string; id: string }[];
  /** Leases that end before all that, whether it is stored or not; one that is gone frees nothing. */
  ends: readonly string[];
};

/** A limit as a commit left it. `isOpen`: an ended lease freed slots of it, and some are free. */
export type SlotLimitLeft = { id: string; name: string; version: number; taken: number; isOpen: boolean };

/** So many of a queue are looked at, and so many kept places. */
const QUEUE_SEEN = 200;

/** Slots of one workspace's limits, and who waits for them. By the database's clock: replicas' clocks may differ. */
export function slots(db: Db, { workspaceId: ws }: Scope) {
  // Running work waits for these: they have the hot connections, where each is prepared once under its name.
  const run = <R extends Row>(name: string, statement: Sql): Promise<R[]> => {
    const { text, values } = statement.render();
    return execute<R>(db, { name: `slots_${name}`, text }, values);
  };
  return {
    /**
     * The limits of these names that exist, as if the leases in `ends` had ended. Of a queue there are the first, until
     * those behind them have no room in any case, and the places of who asks; `crowd` are the slots asked for by the others.
     */
    async load(names: readonly string[], askers: SlotAskers, ends: readonly string[]): Promise<SlotLimitRow[]> {
      const ofLimit = sql`w.workspace_id = l.workspace_id and w.limit_id = l.id and w.alive_until > clock_timestamp()`;
      const place = sql`w.id, w.key, w.slots, w.since, w.held_until > clock_timestamp() as is_held`;
      return run<SlotLimitRow>(
        "load",
        sql`
        with ending as (
          select s.limit_id, sum(s.slots) as slots from concurrency_slot s
           where s.workspace_id = ${ws} and s.lease_id = any(${ends}::uuid[]) group by s.limit_id
        )
        select l.id, l.name, l.version, l.slot_limit, l.active, l.slot_decay_per_second, l.avg_slot_occupancy_seconds,
               greatest(0, ${taken} - coalesce(e.slots, 0)) as taken,
               (extract(epoch from clock_timestamp()) * 1e6)::bigint as now,
               exists (select from concurrency_slot s where s.workspace_id = l.workspace_id and s.limit_id = l.id
                          and s.expires_at <= clock_timestamp()) as has_expired,
               coalesce(q.waiting, '[]') as waiting, coalesce(q.crowd_slots, 0) as crowd_slots, q.crowd_since
          from concurrency_limit l left join ending e on e.limit_id = l.id left join lateral (
            with seen as (
              select w.*, coalesce(sum(w.slots) filter (where w.is_held)
                       over (order by w.since, w.id rows between unbounded preceding and 1 preceding), 0) as ahead
                from (select ${place} from concurrency_wait w where ${ofLimit} order by w.since, w.id limit ${QUEUE_SEEN}) w
            ), told as (
              select id, key, slots, since, is_held from seen where ahead < l.slot_limit
              union
              select ${place} from concurrency_wait w where ${ofLimit} and w.id = any(${askers.ids}::uuid[])
              union
              (select ${place} from concurrency_wait w
                where ${ofLimit} and w.held_until <= clock_timestamp() and w.key = any(${askers.keys}::text[])
                  and cardinality(${askers.keys}::text[]) > 0
                order by w.since, w.id limit ${QUEUE_SEEN})
            )
            select (select json_agg(json_build_object('id', id, 'key', key, 'slots', slots,
                      'since', (extract(epoch from since) * 1e6)::bigint, 'isHeld', is_held)) from told) as waiting,
                   (select sum(slots) from seen where ahead >= l.slot_limit and is_held) as crowd_slots,
                   (select (extract(epoch from min(since)) * 1e6)::bigint from seen where ahead >= l.slot_limit) as crowd_since
             where l.waited_until > clock_timestamp()) q on true
         where l.workspace_id = ${ws} and l.name = any(${names}::text[])`,
      );
    },

    /**
     * Ends leases and stores a decision, in one commit: the limits as it left them. The decision is stored whole or, when a
     * limit had moved on or is gone, not at all: `isStored` is false then.
     */
    async commit({ limits, leases, waits, leaves, ends }: SlotCommit): Promise<{
      isStored: boolean;
      left: SlotLimitLeft[];
    }> {
      const held = leases.flatMap((lease) => lease.limitIds.map((limitId) => ({ ...lease, limitId })));
      // Most find their slots: what they do not need is not part of their statement.
      const isBusy = waits.length > 0 || leaves.length > 0;
      type Changed = Omit<SlotLimitLeft, "isOpen"> & { is_open: boolean; is_waited: boolean; is_stored: boolean };
      const rows = await run<Changed>(
        isBusy ? "commit_queue" : "commit",
        sql`
        with gone as (
          delete from concurrency_slot where workspace_id = ${ws} and lease_id = any(${ends}::uuid[]) returning *
        ), freed as (
          select limit_id, sum(slots) as slots, ${heldFor} as seconds from gone group by limit_id
        ), wanted as (
          select * from unnest(${limits.map((one) => one.id)}::uuid[], ${limits.map((one) => one.version)}::int[],
            ${limits.map((one) => one.taken)}::float8[], ${limits.map((one) => one.waitedSeconds)}::float8[])
            as w (id, version, taken, waited_seconds)
        ), touched as (
          select id from wanted union select limit_id from freed
        ), locked as (
          select l.id, l.version from concurrency_limit l join touched t on t.id = l.id
           where l.workspace_id = ${ws} order by l.id for update of l
        ), ok as (
          select true where (select count(*) from locked k join wanted w on w.id = k.id and w.version = k.version) = ${limits.length}
        ), changed as (
          update concurrency_limit l
             set version = l.version + 1, decayed_at = clock_timestamp(),
                 active_slots = greatest(0, ${taken} - coalesce(f.slots, 0)) + coalesce(w.taken, 0),
                 avg_slot_occupancy_seconds = ${heldOnAverage(sql`f.seconds`)},
                 waited_until = greatest(l.waited_until, clock_timestamp() + w.waited_seconds * interval '1 second')
            from locked k left join freed f on f.limit_id = k.id left join (select w.* from wanted w, ok) w on w.id = k.id
           where l.workspace_id = ${ws} and l.id = k.id and coalesce(f.limit_id, w.id) is not null
          returning l.id, l.name, l.version, l.active_slots as taken, l.waited_until,
                    case when f.limit_id is null then 0 else ${freeNow} end as free
        ), held as (
          insert into concurrency_slot (workspace_id, lease_id, limit_id, slots, holder_type, holder_id, acquired, expires_at)
          select ${ws}::uuid, h.lease_id, h.limit_id, h.slots, h.holder_type, h.holder_id, clock_timestamp(),
                 case when h.seconds is null then 'infinity' else clock_timestamp() + h.seconds * interval '1 second' end
            from ok, unnest(${held.map((one) => one.id)}::uuid[], ${held.map((one) => one.limitId)}::uuid[],
              ${held.map((one) => one.slots)}::int[], ${held.map((one) => one.holderType)}::text[],
              ${held.map((one) => one.holderId)}::uuid[], ${held.map((one) => one.seconds)}::float8[])
              as h (lease_id, limit_id, slots, holder_type, holder_id, seconds)
        )${isBusy ? queued(ws, waits, leaves) : sql``}
        select id, name, version, taken, free > 0 as is_open, free > 0 and waited_until > clock_timestamp() as is_waited,
               exists (select from ok) as is_stored from changed`,
      );
      const waited = rows.filter((row) => row.is_waited).map(({ id }) => id);
      await wakeFirst((statement, name = "wake_first") => run(name, statement), ws, waited);
      return {
        isStored: rows[0]?.is_stored ?? limits.length === 0,
        left: rows.map(({ id, name, version, taken, is_open }) => ({ id, name, version, taken, isOpen: is_open })),
      };
    },

    /** Gives places in queues up. */
    async leave(ids: readonly string[], limitIds: readonly string[]): Promise<void> {
      await db.query(sql`
        delete from concurrency_wait
         where workspace_id = ${ws} and limit_id = any(${limitIds}::uuid[]) and id = any(${ids}::uuid[])`);
    },

    /** Lets a lease live so many seconds from now. False: it is gone, or expired. */
    async renew(leaseId: string, seconds: number): Promise<boolean> {
      const rows = await run(
        "renew",
        sql`
        update concurrency_slot set expires_at = clock_timestamp() + ${seconds}::float8 * interval '1 second'
         where workspace_id = ${ws} and lease_id = ${leaseId} and expires_at > clock_timestamp() returning lease_id`,
      );
      return rows.length > 0;
    },

    /** Ends the leases of a holder on limits of these names and frees their slots. */
    async releaseHolder(holderId: string, names: readonly string[]): Promise<Freed[]> {
      return freeSlots(
        db.query,
        ws,
        sql`delete from concurrency_slot where workspace_id = ${ws} and holder_id = ${holderId} and lease_id in (
            select s.lease_id from concurrency_slot s
              join concurrency_limit l on l.workspace_id = s.workspace_id and l.id = s.limit_id
             where s.workspace_id = ${ws} and s.holder_id = ${holderId} and l.name = any(${names}::text[])) returning *`,
        heldFor,
      );
    },

    /** Frees slots that were taken without a lease; `occupancySeconds`: how long they were. */
    async give(names: readonly string[], slots: number, occupancySeconds: number | null): Promise<Freed[]> {
      return freeSlots(
        db.query,
        ws,
        sql`select l.id as limit_id, ${slots}::int as slots from concurrency_limit l
               where l.workspace_id = ${ws} and l.name = any(${names}::text[]) and l.active`,
        sql`${occupancySeconds === null ? null : occupancySeconds / slots}::float8`,
      );
    },

    /** Takes back what expired leases hold of these limits. Who renews one at this moment keeps it. */
    async reclaim(limitIds: readonly string[]): Promise<Freed[]> {
      return freeSlots(
        db.query,
        ws,
        sql`
          delete from concurrency_slot s using (
            select lease_id, limit_id from concurrency_slot
             where workspace_id = ${ws} and limit_id = any(${limitIds}::uuid[]) and expires_at <= clock_timestamp()
             order by lease_id, limit_id limit 1000 for update skip locked) as dead
           where s.workspace_id = ${ws} and s.lease_id = dead.lease_id and s.limit_id = dead.limit_id returning s.*`,
      );
    },
  };
}

/** The CTEs that store places in queues, and delete those that were given up, if the decision `ok` is stored. */
function queued(ws: string, waits: readonly NewWait[], leaves: SlotCommit["leaves"]): Sql {
  return sql`, queued as (
      insert into concurrency_wait (workspace_id, limit_id, id, key, slots, since, held_until, alive_until)
      select ${ws}::uuid, q.limit_id, q.id, q.key, q.slots, q.since, clock_timestamp() + q.held * interval '1 second',
             clock_timestamp() + q.alive * interval '1 second'
        from ok, unnest(${waits.map((one) => one.limitId)}::uuid[], ${waits.map((one) => one.id)}::uuid[],
          ${waits.map((one) => one.key)}::text[], ${waits.map((one) => one.slots)}::int[],
          ${waits.map((one) => one.since)}::timestamptz[], ${waits.map((one) => one.heldSeconds)}::float8[],
          ${waits.map((one) => one.aliveSeconds)}::float8[]) as q (limit_id, id, key, slots, since, held, alive)
      on conflict (workspace_id, limit_id, id) do update
         set held_until = excluded.held_until, alive_until = excluded.alive_until
    ), unqueued as (
      delete from concurrency_wait w
       using ok, unnest(${leaves.map((one) => one.limitId)}::uuid[], ${leaves.map((one) => one.id)}::uuid[]) as v (limit_id, id)
       where w.workspace_id = ${ws} and w.limit_id = v.limit_id and w.id = v.id
    )`;
}
