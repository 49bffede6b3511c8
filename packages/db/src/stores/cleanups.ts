import type { CleanupKind, CleanupOperation, CleanupStatus, JsonText } from "@weir/contracts";
import type { Db } from "../client.ts";
import type { Scope } from "../scope.ts";
import { type Sql, sql } from "../sql.ts";
import { type RunChange, type RunSlotEffect, storeTransition } from "./store-transition.ts";

/** How long a worker has what it was given before another may, unless it says that it needs longer. */
const LEASE_SECONDS = 30;
/** What was given to workers so often and is not done is given to nobody any more. */
const MAX_DELIVERIES = 3;
/** A worker that let a message go gets it again only so much later than others: they may be able to do what it was not. */
const SAME_AGAIN_SECONDS = 10;

/** Something to take away. `target` is JSON text in the words of `kind`. A queue that is gone takes nothing. */
export type NewCleanup = {
  id: string;
  queueId: string;
  flowRunId: string;
  kind: CleanupKind;
  idempotencyKey: string;
  target: string;
};

/** Who asks for what: a worker of a pool, by the id of its process; `queueIds` null takes the whole pool's. */
export type CleanupConsumer = {
  poolId: string;
  consumerId: string;
  queueIds: readonly string[] | null;
  kinds: readonly CleanupKind[];
  /** How much it may have at once. */
  most: number;
};

/** What a worker was given, until `lease_expires_at` (ISO). */
export type ClaimedCleanup = {
  id: string;
  kind: CleanupKind;
  work_queue_id: string;
  target: JsonText;
  deliveries: number;
  token: string;
  lease_expires_at: string;
};

/** What became of an operation; a lease only when it was renewed. */
export type SettledCleanup = { status: Exclude<CleanupStatus, "not_found">; lease_expires_at: string | null };

/** A message that nobody gets any more. */
export type DeadCleanup = { flow_run_id: string; target: JsonText; reason: string | null };

/** Tells whoever waits for messages of a pool that there are some. `freed` has `work_pool_id`. */
const told = (ws: string, freed: Sql): Sql => sql`
  insert into outbox (workspace_id, noun, keys)
  select distinct ${ws}::uuid, 'cleanup_message', '["' || work_pool_id || '"]' from ${freed}`;

/**
 * What workers of one workspace have to take away. A message is free, reserved under a token until its lease ends, or over
 * (acked, dead-lettered). A lease that ends makes it free again; the token says who may still speak for it. All times are
 * PostgreSQL's, so clocks that differ change nothing.
 */
export function cleanups(db: Db, scope: Scope) {
  const ws = scope.workspaceId;
  return {
    /** Stores a decided transition and what it leaves to be taken away, or neither. False: it can no longer be stored. */
    commit: (change: RunChange, effect: RunSlotEffect | undefined, made: NewCleanup): Promise<boolean> =>
      storeTransition(db, scope, change, effect, (query) =>
        query(sql`
          with made as (
            insert into cleanup_message (workspace_id, id, created, work_pool_id, work_queue_id, flow_run_id, kind,
                                         idempotency_key, target, free_at)
            select q.workspace_id, ${made.id}::uuid, clock_timestamp(), q.work_pool_id, q.id, ${made.flowRunId}::uuid,
                   ${made.kind}, ${made.idempotencyKey}, ${made.target}::json, clock_timestamp()
              from work_queue q where q.workspace_id = ${ws} and q.id = ${made.queueId}
            on conflict (workspace_id, work_pool_id, idempotency_key) do nothing returning work_pool_id
          )
          ${told(ws, sql`made`)}`),
      ),

    /** Reserves for a worker what has been free longest of what it may take. `undefined`: there is none, or it has enough. */
    async claim(consumer: CleanupConsumer, token: string): Promise<ClaimedCleanup | undefined> {
      const { poolId, consumerId, queueIds, kinds, most } = consumer;
      const [row] = await db.query<ClaimedCleanup>(sql`
        with at as (select clock_timestamp() as now
        ), own as (
          select count(*) as held from cleanup_message m, at
           where m.workspace_id = ${ws} and m.work_pool_id = ${poolId} and m.free_at > at.now and m.holder = ${consumerId}
        ), free as (
          select m.id from cleanup_message m, at, own
           where m.workspace_id = ${ws} and m.work_pool_id = ${poolId} and m.free_at <= at.now and own.held < ${most}
             and m.kind = any(${kinds}::text[]) and m.deliveries < ${MAX_DELIVERIES}
             and (${queueIds}::uuid[] is null or m.work_queue_id = any(${queueIds}::uuid[]))
             and (m.holder is distinct from ${consumerId} or m.free_at <= at.now - make_interval(secs => ${SAME_AGAIN_SECONDS}))
           order by m.free_at, m.id limit 1 for update of m skip locked
        )
        update cleanup_message m
           set token = ${token}, holder = ${consumerId}, deliveries = m.deliveries + 1,
               free_at = at.now + make_interval(secs => ${LEASE_SECONDS})
          from free, at where m.workspace_id = ${ws} and m.id = free.id
        returning m.id, m.kind, m.work_queue_id, m.target, m.deliveries, m.token, m.free_at as lease_expires_at`);
      return row;
    },

    /**
     * Does what a worker says with a message of its pool that it was given under `token`, and says what became of it.
     * `undefined`: there is no such message, or it is over.
     */
    async settle(
      operation: CleanupOperation,
      message: { id: string; poolId: string; token: string; reason: string | null },
    ): Promise<SettledCleanup | undefined> {
      const isRenewal = operation === "renew";
      const [row] = await db.query<SettledCleanup>(sql`
        with at as (select clock_timestamp() as now
        ), found as (
          select m.id, m.free_at <= at.now as is_late, case
                   when m.work_pool_id <> ${message.poolId} then 'unauthorized'
                   when m.token is null then 'not_current'
                   when m.token <> ${message.token} then 'invalid_token'
                   when m.deliveries >= ${MAX_DELIVERIES} and (m.free_at <= at.now or ${operation} = 'release') then 'dead_lettered'
                   when m.free_at <= at.now then 'expired'
                   else 'accepted' end as status
            from cleanup_message m, at where m.workspace_id = ${ws} and m.id = ${message.id} and m.free_at is not null
             for update of m
        ), settled as (
          update cleanup_message m
             set token = case when f.status = 'accepted' and ${isRenewal} then m.token end,
                 outcome = case when f.status = 'dead_lettered' then 'dead_lettered'
                                when f.status = 'accepted' and ${operation} = 'ack' then 'acked' end,
                 free_at = case when f.status = 'dead_lettered' or (f.status = 'accepted' and ${operation} = 'ack') then null
                                when f.status = 'accepted' and ${isRenewal} then at.now + make_interval(secs => ${LEASE_SECONDS})
                                else least(m.free_at, at.now) end,
                 reason = coalesce(case when not f.is_late then ${message.reason}::text end, m.reason)
            from found f, at
           where m.workspace_id = ${ws} and m.id = f.id and f.status in ('accepted', 'expired', 'dead_lettered')
          returning m.id, m.work_pool_id, m.free_at, m.token, m.outcome
        ), freed as (select work_pool_id from settled where token is null and outcome is null
        ), hints as (${told(ws, sql`freed`)})
        select f.status, s.free_at as lease_expires_at
          from found f left join settled s on s.id = f.id and s.token is not null`);
      return row;
    },

    /** Ends a reservation whose lease is over: what is left is free again, or dead. `undefined`: it is not dead. */
    async expire(id: string): Promise<DeadCleanup | undefined> {
      const [row] = await db.query<DeadCleanup & { is_dead: boolean }>(sql`
        with ended as (
          update cleanup_message
             set token = null, free_at = case when deliveries < ${MAX_DELIVERIES} then free_at end,
                 outcome = case when deliveries >= ${MAX_DELIVERIES} then 'dead_lettered' end
           where workspace_id = ${ws} and id = ${id} and token is not null and free_at <= clock_timestamp()
          returning work_pool_id, flow_run_id, target, reason, outcome
        ), freed as (select work_pool_id from ended where outcome is null
        ), hints as (${told(ws, sql`freed`)})
        select flow_run_id, target, reason, outcome is not null as is_dead from ended`);
      return row?.is_dead ? row : undefined;
    },

    /** A message that nobody gets any more; `undefined` when there is none of this id. */
    async dead(id: string): Promise<DeadCleanup | undefined> {
      const [row] = await db.query<DeadCleanup>(sql`
        select flow_run_id, target, reason from cleanup_message
         where workspace_id = ${ws} and id = ${id} and outcome = 'dead_lettered'`);
      return row;
    },
  };
}
