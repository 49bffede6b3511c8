import {
  addSeconds,
  Instant,
  Limit,
  type Micros,
  Name,
  Offset,
  parseInstant,
  Text,
  toWire,
  Uuid,
  WeirError,
  WorkQueueFilter,
} from "@weir/contracts";
import type { QueueFilter, WorkQueueRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { walk } from "../paging.ts";
import { ConcurrencyLimit, poolNamed } from "../work-pool/verbs.ts";

/** The pool of queues that are named without one. */
export const AGENT_POOL = "default-agent-pool";

/** A queue that nobody polled for this long is not ready. */
export const POLLED_WITHIN_SECONDS = 60;

const Priority = z.number().int().min(1, "Input should be greater than or equal to 1").max(2_147_483_647);
/** What is left out, or null, narrows nothing. */
const Filter = z
  .object({ tags: z.array(Text).nullish(), deployment_ids: z.array(Uuid).nullish() })
  .transform(({ tags = null, deployment_ids = null }): QueueFilter => ({ tags, deployment_ids }));
const byName = z.object({ work_pool_name: z.string(), work_queue_name: z.string() });
const changes = z.object({
  name: Name.nullish(),
  description: z.string().nullable().optional(),
  is_paused: z.boolean().nullish(),
  concurrency_limit: ConcurrencyLimit.nullable().optional(),
  priority: Priority.nullish(),
  filter: Filter.nullable().optional(),
  last_polled: Instant.nullish(),
});
type Changes = z.output<typeof changes>;

const creation = z.object({
  name: Name,
  description: z.string().nullish(),
  is_paused: z.boolean().nullish(),
  concurrency_limit: ConcurrencyLimit.nullish(),
  priority: Priority.nullish(),
  filter: Filter.nullish(),
});

/** A queue on the wire. */
export function wireQueue({ is_default: _, ...row }: WorkQueueRow): Record<string, unknown> {
  return row;
}

async function create({ store, now, nowIso }: Ctx, poolId: string, input: z.output<typeof creation>, taken: string) {
  const made = await store.workQueues.create(poolId, {
    id: newId(now),
    now: nowIso,
    name: input.name,
    description: input.description,
    isPaused: input.is_paused ?? false,
    concurrencyLimit: input.concurrency_limit,
    priority: input.priority ?? undefined,
    filter: input.filter && toWire(input.filter),
  });
  if (!made) throw new WeirError("conflict", taken);
  return wireQueue(made);
}

/** Creates a queue in a pool. */
export const createWorkQueue = defineVerb({
  name: "work_queue.create",
  permission: "manage_work_queues",
  input: creation.extend({ work_pool_name: z.string() }),
  async run(ctx, input) {
    const pool = await poolNamed(ctx.store, input.work_pool_name);
    return create(ctx, pool.id, input, `A work queue with this name already exists in work pool '${pool.name}'.`);
  },
});

/** Creates a queue in the agents' pool, which is made when it is missing. */
export const createAgentQueue = defineVerb({
  name: "work_queue.create_for_agents",
  permission: "manage_work_queues",
  input: creation,
  async run(ctx, input) {
    const pool = await agentPool(ctx);
    return create(ctx, pool.id, input, "A work queue with this name already exists.");
  },
});

/** The agents' pool; made when it is missing. */
export async function agentPool({ store, now, nowIso }: Ctx): Promise<{ id: string; name: string }> {
  const known = await store.workPools.getByName(AGENT_POOL);
  if (known) return known;
  const made = await store.workPools.create({
    id: newId(now),
    queueId: newId(now),
    now: nowIso,
    name: AGENT_POOL,
    description: "A work pool for queues that are named without one.",
    type: "prefect-agent",
    baseJobTemplate: "{}",
    isPaused: false,
    concurrencyLimit: null,
    status: null,
    storageConfiguration: "{}",
  });
  return made ?? poolNamed(store, AGENT_POOL);
}

async function queueNamed({ store }: Pick<Ctx, "store">, poolName: string, name: string): Promise<WorkQueueRow> {
  const queue = await store.workQueues.getByName(poolName, name);
  if (queue) return queue;
  await poolNamed(store, poolName);
  throw new WeirError("missing", `Work pool queue '${poolName}/${name}' not found.`);
}

/** The queue of an id; 404 when there is none. */
export async function queueOf({ store }: Pick<Ctx, "store">, id: string): Promise<WorkQueueRow> {
  const queue = await store.workQueues.get(id);
  if (!queue) throw new WeirError("missing", "work queue not found");
  return queue;
}

/** One queue of a pool. */
export const readWorkQueue = defineVerb({
  name: "work_queue.read",
  permission: "see_work_queues",
  input: byName,
  async run(ctx, { work_pool_name, work_queue_name }) {
    return wireQueue(await queueNamed(ctx, work_pool_name, work_queue_name));
  },
});

/** One queue by its id. */
export const readWorkQueueById = defineVerb({
  name: "work_queue.read_by_id",
  permission: "see_work_queues",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }) {
    return wireQueue(await queueOf(ctx, id));
  },
});

/** One queue of the agents' pool by its name. */
export const readAgentQueueByName = defineVerb({
  name: "work_queue.read_by_name",
  permission: "see_work_queues",
  input: z.object({ name: z.string() }),
  async run({ store }, { name }) {
    const queue =
      (await store.workQueues.getByName(AGENT_POOL, name)) ??
      (await store.workQueues.list(undefined, { name: { any_: [name] } }, { offset: 0 }, 1)).rows[0];
    if (!queue) throw new WeirError("missing", "work queue not found");
    return wireQueue(queue);
  },
});

/** A list of a pool's queues, by priority. */
export const filterPoolQueues = defineVerb({
  name: "work_queue.filter_in_pool",
  permission: "see_work_queues",
  input: z.object({ work_pool_name: z.string(), work_queues: WorkQueueFilter, limit: Limit, offset: Offset }),
  async run({ store }, { work_pool_name, work_queues, limit, offset }) {
    const pool = await poolNamed(store, work_pool_name);
    const asked = `work_queue ${pool.id} ${toWire(work_queues)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.workQueues.list(pool.id, work_queues, position, limit),
    );
    return rows.map(wireQueue);
  },
});

/** A list of queues, by name. */
export const filterWorkQueues = defineVerb({
  name: "work_queue.filter",
  permission: "see_work_queues",
  input: z.object({ work_queues: WorkQueueFilter, limit: Limit, offset: Offset }),
  async run({ store, grant }, { work_queues, limit, offset }) {
    const asked = `work_queue ${grant.workspaceId} ${toWire(work_queues)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.workQueues.list(undefined, work_queues, position, limit),
    );
    return rows.map(wireQueue);
  },
});

async function change({ store, now, nowIso }: Ctx, queue: WorkQueueRow, input: Changes): Promise<void> {
  const patch = {
    name: input.name ?? undefined,
    description: input.description,
    is_paused: input.is_paused ?? undefined,
    concurrency_limit: input.concurrency_limit,
    last_polled: input.last_polled ?? undefined,
    priority: input.priority ?? undefined,
    filter: input.filter && toWire(input.filter),
    status: statusAfter(queue, input, now),
  };
  const outcome = await store.workQueues.patch(queue.id, queue.work_pool_id, patch, nowIso);
  if (outcome === "taken") throw new WeirError("conflict", "A work queue with this name already exists.");
  if (outcome === "missing") throw new WeirError("missing", `Work Queue ${queue.id} not found`);
}

function statusAfter(queue: WorkQueueRow, input: Changes, now: Micros): string | undefined {
  if (input.is_paused === true) return "PAUSED";
  if (input.is_paused !== false || queue.status !== "PAUSED") return undefined;
  return isRecent(input.last_polled ?? queue.last_polled, now) ? "READY" : "NOT_READY";
}

/** Whether a poll at `lastPolled` still counts. */
export function isRecent(lastPolled: string | null, now: Micros): boolean {
  const at = lastPolled === null ? undefined : parseInstant(lastPolled);
  return at !== undefined && at >= addSeconds(now, -POLLED_WITHIN_SECONDS);
}

/** Changes a queue of a pool. */
export const updateWorkQueue = defineVerb({
  name: "work_queue.update",
  permission: "write_work_queues",
  input: byName.extend({ changes }),
  async run(ctx, { work_pool_name, work_queue_name, changes }) {
    await change(ctx, await queueNamed(ctx, work_pool_name, work_queue_name), changes);
  },
});

/** Changes a queue by its id. */
export const updateWorkQueueById = defineVerb({
  name: "work_queue.update_by_id",
  permission: "write_work_queues",
  input: changes.extend({ id: Uuid }),
  async run(ctx, { id, ...input }) {
    const queue = await ctx.store.workQueues.get(id);
    if (!queue) throw new WeirError("missing", `Work Queue ${id} not found`);
    await change(ctx, queue, input);
  },
});

async function remove({ store, nowIso }: Ctx, queue: WorkQueueRow): Promise<void> {
  if (queue.is_default) throw new WeirError("bad_request", "The default queue of a work pool cannot be deleted.");
  if (!(await store.workQueues.remove(queue.id, nowIso))) throw new WeirError("missing", "work queue not found");
}

/** Deletes a queue of a pool; what waits there goes to the default queue. */
export const deleteWorkQueue = defineVerb({
  name: "work_queue.delete",
  permission: "manage_work_queues",
  input: byName,
  async run(ctx, { work_pool_name, work_queue_name }) {
    await remove(ctx, await queueNamed(ctx, work_pool_name, work_queue_name));
  },
});

/** Deletes a queue by its id. */
export const deleteWorkQueueById = defineVerb({
  name: "work_queue.delete_by_id",
  permission: "manage_work_queues",
  input: z.object({ id: Uuid }),
  async run(ctx, { id }) {
    await remove(ctx, await queueOf(ctx, id));
  },
});
