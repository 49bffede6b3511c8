import { type Db, sqlState } from "../client.ts";
import { type Order, type Page, type Position, paged, sortKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { join, raw, type Sql, sql } from "../sql.ts";
import { expired, taken, tellFreed, WITHOUT_LIMIT, wakeDeployments, wakeFirst } from "./slot-sql.ts";

/** A concurrency limit's row. `active_slots` is as of the reading: decayed, and without leases that expired. */
export type ConcurrencyLimitRow = {
  id: string;
  created: string;
  updated: string;
  name: string;
  limit: number;
  active: boolean;
  active_slots: number;
  denied_slots: number;
  slot_decay_per_second: number;
  avg_slot_occupancy_seconds: number;
  /** Task runs that hold a slot, first come first. */
  task_runs: string[];
};

/** Names one limit. */
export type ConcurrencyLimitKey = { id: string } | { name: string };

/** What a caller may set of a limit. */
export type ConcurrencyLimitPatch = {
  name?: string | undefined;
  slot_limit?: number | undefined;
  active?: boolean | undefined;
  active_slots?: number | undefined;
  denied_slots?: number | undefined;
  slot_decay_per_second?: number | undefined;
};

/** A holder of slots, for those who ask why they wait. */
export type SlotHolding = {
  lease_id: string;
  slots: number;
  holder_type: string | null;
  holder_id: string | null;
  acquired: string;
  /** Null: when it is given back. */
  expires_at: string | null;
};

/** Somebody in a limit's queue. */
export type SlotWaiting = { id: string; key: string; slots: number; since: string };

const columns = sql`l.id, l.created, l.updated, l.name, l.slot_limit as limit, l.active,
  ceil(greatest(0, ${taken} - ${expired}))::int as active_slots, l.denied_slots, l.slot_decay_per_second,
  l.avg_slot_occupancy_seconds,
  (select coalesce(array_agg(s.holder_id::text order by s.acquired, s.holder_id), '{}') from concurrency_slot s
    where s.workspace_id = l.workspace_id and s.limit_id = l.id and s.holder_type = 'task_run'
      and s.expires_at > clock_timestamp()) as task_runs`;

const byName: Order = { by: sql`l.name`, type: "text", descending: false };

const UNIQUE_VIOLATION = "23505";

/** Concurrency limits of one workspace. */
export function concurrencyLimits(db: Db, { workspaceId: ws }: Scope) {
  return {
    /** Creates a limit. `undefined`: the name is taken. */
    async create(
      made: { id: string; now: string; name: string; limit: number } & Omit<
        ConcurrencyLimitPatch,
        "name" | "slot_limit"
      >,
    ): Promise<ConcurrencyLimitRow | undefined> {
      const [row] = await db.query<ConcurrencyLimitRow>(sql`
        with l as (
          insert into concurrency_limit (workspace_id, id, created, updated, name, slot_limit, active, active_slots,
                                         denied_slots, slot_decay_per_second, decayed_at)
          values (${ws}, ${made.id}, ${made.now}, ${made.now}, ${made.name}, ${made.limit}, ${made.active ?? true},
                  ${made.active_slots ?? 0}, ${made.denied_slots ?? 0}, ${made.slot_decay_per_second ?? 0}, clock_timestamp())
          on conflict (workspace_id, name) do nothing returning *
        ) select ${columns} from l`);
      return row;
    },

    /** One limit. */
    async get(key: ConcurrencyLimitKey): Promise<ConcurrencyLimitRow | undefined> {
      const [row] = await db.query<ConcurrencyLimitRow>(
        sql`select ${columns} from concurrency_limit l where l.workspace_id = ${ws} and ${named(key)}`,
      );
      return row;
    },

    /** A page of limits by name; with `tags`, of those on tags only. */
    async list({ tags }: { tags: boolean }, position: Position, limit: number): Promise<Page<ConcurrencyLimitRow>> {
      if (limit === 0) return { rows: [], next: undefined };
      const where = [sql`l.workspace_id = ${ws}`, ...(tags ? [sql`l.name like 'tag:%'`] : [])];
      const rows = await db.query<ConcurrencyLimitRow & { sort_key: string }>(sql`
        select ${columns}, ${sortKey(byName)} from concurrency_limit l where ${paged(where, byName, sql`l.id`, position, limit)}`);
      return toPage(rows, limit);
    },

    /** How many limits there are. */
    async count(): Promise<number> {
      const [row] = await db.query<{ count: number }>(
        sql`select count(*) as count from concurrency_limit l where l.workspace_id = ${ws}`,
      );
      return row?.count ?? 0;
    },

    /**
     * Sets what is given. Who says how many slots are taken is believed: leases go on, but free nothing more when they
     * end. Gives the limit's id, `taken` when another has the new name.
     */
    async patch(
      key: ConcurrencyLimitKey,
      patch: ConcurrencyLimitPatch,
      now: string,
    ): Promise<{ id: string } | "missing" | "taken"> {
      // What was taken until now decayed at the old pace.
      const { active_slots = taken, ...others } = patch;
      const set = Object.entries({ active_slots, ...others }).flatMap(([name, value]) =>
        value === undefined ? [] : [sql`${raw(name)} = ${value}`],
      );
      const forget = patch.active_slots === undefined ? sql`false` : sql`true`;
      try {
        const [row] = await db.query<{ id: string }>(sql`
          with changed as (
            update concurrency_limit l
               set ${join(set, ", ")}, decayed_at = clock_timestamp(), version = l.version + 1, updated = ${now}
             where l.workspace_id = ${ws} and ${named(key)}
            returning l.id
          ), forgotten as (
            update concurrency_slot s set slots = 0 from changed c
             where ${forget} and s.workspace_id = ${ws} and s.limit_id = c.id
          )
          select id from changed`);
        if (row) await wakeFirst(db.query, ws, [row.id]);
        return row ?? "missing";
      } catch (error) {
        if (sqlState(error) === UNIQUE_VIOLATION) return "taken";
        throw error;
      }
    },

    /** Frees every slot of a limit, and has the given task runs hold one each. `undefined`: there is no such limit. */
    async reset(
      name: string,
      leases: readonly { leaseId: string; taskRunId: string }[],
    ): Promise<{ id: string } | undefined> {
      const [row] = await db.query<{ id: string }>(sql`
        with changed as (
          update concurrency_limit l
             set active_slots = ${leases.length}, decayed_at = clock_timestamp(), version = l.version + 1
           where l.workspace_id = ${ws} and l.name = ${name}
          returning l.id
        ), freed as (
          delete from concurrency_slot s using changed c where s.workspace_id = ${ws} and s.limit_id = c.id
        ), held as (
          insert into concurrency_slot (workspace_id, lease_id, limit_id, slots, holder_type, holder_id, acquired, expires_at)
          select ${ws}::uuid, given.lease_id, c.id, 1, 'task_run', given.task_run_id, clock_timestamp(), 'infinity'
            from changed c, unnest(${leases.map((one) => one.leaseId)}::uuid[], ${leases.map((one) => one.taskRunId)}::uuid[])
              as given (lease_id, task_run_id)
        )
        select id from changed`);
      if (row) await wakeFirst(db.query, ws, [row.id]);
      return row;
    },

    /** Deletes a limit with its slots and its queue; deployments that had it go on without one. `undefined`: there is none. */
    async remove(key: ConcurrencyLimitKey): Promise<{ id: string } | undefined> {
      const [row] = await db.query<{ id: string; alone: string[] }>(sql`
        with changed as (
          delete from concurrency_limit l where l.workspace_id = ${ws} and ${named(key)}
          returning l.id, l.waited_until, ${WITHOUT_LIMIT}::bigint as free
        ), alone as (
          update deployment d set concurrency_limit_id = null, concurrency_limit = null
            from changed c where d.workspace_id = ${ws} and d.concurrency_limit_id = c.id returning d.id
        ), ${tellFreed(ws, sql`changed`)}
        select id, (select coalesce(array_agg(id), '{}') from alone) as alone from changed`);
      if (row) await wakeDeployments(db.query, ws, row.alone);
      return row && { id: row.id };
    },

    /** Who holds slots of a limit, first come first. */
    async holders(id: string, limit: number): Promise<SlotHolding[]> {
      return db.query<SlotHolding>(sql`
        select s.lease_id, s.slots, s.holder_type, s.holder_id, s.acquired, nullif(s.expires_at, 'infinity') as expires_at
          from concurrency_slot s
         where s.workspace_id = ${ws} and s.limit_id = ${id} and s.expires_at > clock_timestamp()
         order by s.acquired, s.lease_id limit ${limit}`);
    },

    /** Who waits for slots of a limit, first come first. */
    async waiting(id: string, limit: number): Promise<SlotWaiting[]> {
      return db.query<SlotWaiting>(sql`
        select w.id, w.key, w.slots, w.since from concurrency_wait w
         where w.workspace_id = ${ws} and w.limit_id = ${id} and w.alive_until > clock_timestamp()
         order by w.since, w.id limit ${limit}`);
    },
  };
}

function named(key: ConcurrencyLimitKey): Sql {
  return "id" in key ? sql`l.id = ${key.id}` : sql`l.name = ${key.name}`;
}
