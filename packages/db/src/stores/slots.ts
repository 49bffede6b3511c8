import type { JsonText } from "@weir/contracts";
import type { Db, Row } from "../client.ts";
import { execute } from "../hot/statement.ts";
import type { Scope } from "../scope.ts";
import { type Sql, sql } from "../sql.ts";
import { type Freed, freeSlots, heldFor, type SlotLimitLeft, taken } from "./slot-sql.ts";

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
};

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
};

/** So many of a queue are looked at: those behind them see these before them, and wait. */
const QUEUE_SEEN = 200;

/** Slots of one workspace's limits, and who waits for them. By the database's clock: replicas' clocks may differ. */
export function slots(db: Db, { workspaceId: ws }: Scope) {
  // Running work waits for these: they have the hot connections, where each is prepared once under its name.
  const run = <R extends Row>(name: string, statement: Sql): Promise<R[]> => {
    const { text, values } = statement.render();
    return execute<R>(db, { name: `slots_${name}`, text }, values);
  };
  return {
    /** The limits of these names that exist, with the first of their queues. */
    async load(names: readonly string[]): Promise<SlotLimitRow[]> {
      return run<SlotLimitRow>(
        "load",
        sql`
        select l.id, l.name, l.version, l.slot_limit, l.active, ${taken} as taken, l.slot_decay_per_second,
               l.avg_slot_occupancy_seconds, (extract(epoch from clock_timestamp()) * 1e6)::bigint as now,
               exists (select from concurrency_slot s where s.workspace_id = l.workspace_id and s.limit_id = l.id
                          and s.expires_at <= clock_timestamp()) as has_expired,
               case when l.waited_until > clock_timestamp() then (
                 select coalesce(json_agg(json_build_object('id', w.id, 'key', w.key, 'slots', w.slots,
                          'since', (extract(epoch from w.since) * 1e6)::bigint, 'isHeld', w.held_until > clock_timestamp())), '[]')
                   from (select * from concurrency_wait w
                          where w.workspace_id = l.workspace_id and w.limit_id = l.id and w.alive_until > clock_timestamp()
                          order by w.since, w.id limit ${QUEUE_SEEN}) w) else '[]' end as waiting
          from concurrency_limit l where l.workspace_id = ${ws} and l.name = any(${names}::text[])`,
      );
    },

    /** Stores a decision, all of it or nothing: its limits as it left them. `undefined`: one had moved on, or is gone. */
    async commit({ limits, leases, waits, leaves }: SlotCommit): Promise<SlotLimitLeft[] | undefined> {
      const held = leases.flatMap((lease) => lease.limitIds.map((limitId) => ({ ...lease, limitId })));
      const rows = await run<SlotLimitLeft>(
        "commit",
        sql`
        with wanted as (
          select * from unnest(${limits.map((one) => one.id)}::uuid[], ${limits.map((one) => one.version)}::int[],
            ${limits.map((one) => one.taken)}::float8[], ${limits.map((one) => one.waitedSeconds)}::float8[])
            as w (id, version, taken, waited_seconds)
        ), locked as (
          select l.id from concurrency_limit l join wanted w on w.id = l.id
           where l.workspace_id = ${ws} and l.version = w.version order by l.id for update of l
        ), ok as (
          select true where (select count(*) from locked) = ${limits.length}
        ), changed as (
          update concurrency_limit l
             set version = l.version + 1, active_slots = ${taken} + w.taken, decayed_at = clock_timestamp(),
                 waited_until = greatest(l.waited_until, clock_timestamp() + w.waited_seconds * interval '1 second')
            from wanted w, ok where l.workspace_id = ${ws} and l.id = w.id
          returning l.id, l.version, l.active_slots as taken
        ), held as (
          insert into concurrency_slot (workspace_id, lease_id, limit_id, slots, holder_type, holder_id, acquired, expires_at)
          select ${ws}::uuid, h.lease_id, h.limit_id, h.slots, h.holder_type, h.holder_id, clock_timestamp(),
                 case when h.seconds is null then 'infinity' else clock_timestamp() + h.seconds * interval '1 second' end
            from ok, unnest(${held.map((one) => one.id)}::uuid[], ${held.map((one) => one.limitId)}::uuid[],
              ${held.map((one) => one.slots)}::int[], ${held.map((one) => one.holderType)}::text[],
              ${held.map((one) => one.holderId)}::uuid[], ${held.map((one) => one.seconds)}::float8[])
              as h (lease_id, limit_id, slots, holder_type, holder_id, seconds)
        ), queued as (
          insert into concurrency_wait (workspace_id, limit_id, id, key, slots, since, held_until, alive_until)
          select ${ws}::uuid, q.limit_id, q.id, q.key, q.slots, q.since, clock_timestamp() + q.held * interval '1 second',
                 clock_timestamp() + q.alive * interval '1 second'
            from ok, unnest(${waits.map((one) => one.limitId)}::uuid[], ${waits.map((one) => one.id)}::uuid[],
              ${waits.map((one) => one.key)}::text[], ${waits.map((one) => one.slots)}::int[],
              ${waits.map((one) => one.since)}::timestamptz[], ${waits.map((one) => one.heldSeconds)}::float8[],
              ${waits.map((one) => one.aliveSeconds)}::float8[]) as q (limit_id, id, key, slots, since, held, alive)
          on conflict (workspace_id, limit_id, id) do update
             set held_until = excluded.held_until, alive_until = excluded.alive_until
        ), gone as (
          delete from concurrency_wait w
           using ok, unnest(${leaves.map((one) => one.limitId)}::uuid[], ${leaves.map((one) => one.id)}::uuid[]) as v (limit_id, id)
           where w.workspace_id = ${ws} and w.limit_id = v.limit_id and w.id = v.id
        )
        select * from changed`,
      );
      return rows.length > 0 ? rows : undefined;
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

    /** Ends leases and frees their slots, each once: a lease that is gone frees nothing. */
    async release(leaseIds: readonly string[]): Promise<Freed[]> {
      return freeSlots(
        (statement, name = "release") => run(name, statement),
        ws,
        sql`delete from concurrency_slot where workspace_id = ${ws} and lease_id = any(${leaseIds}::uuid[]) returning *`,
        heldFor,
      );
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
