import {
  addSeconds,
  Document,
  formatInstant,
  Limit,
  Offset,
  toWire,
  Uuid,
  WeirError,
  WorkerFilter,
  WorkerSort,
} from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { PageNumber, paginate, walk } from "../paging.ts";
import { noSuchPool, poolNamed } from "../work-pool/verbs.ts";

/** How often a worker speaks when it does not say. */
const INTERVAL_SECONDS = 30;

/** A worker that misses this many heartbeats is offline. */
const MISSED = 3;

/** Records a worker's heartbeat and makes its pool ready. Gives the worker's id when it is asked for. */
export const heartbeatWorker = defineVerb({
  name: "worker.heartbeat",
  permission: "write_workers",
  input: z.object({
    work_pool_name: z.string(),
    name: z.string().min(1).max(5000),
    heartbeat_interval_seconds: z.number().positive().max(86_400).nullish(),
    return_id: z.boolean().nullish(),
    metadata: Document.optional(),
  }),
  async run({ store, now, nowIso, caller }, input) {
    const seconds = input.heartbeat_interval_seconds ?? INTERVAL_SECONDS;
    const id = await store.workers.heartbeat({
      poolName: input.work_pool_name,
      id: newId(now),
      name: input.name,
      now: nowIso,
      intervalSeconds: seconds,
      offlineAt: formatInstant(addSeconds(now, seconds * MISSED)),
      metadata: input.metadata && input.metadata.text !== "null" ? input.metadata.text : null,
      clientVersion: caller.version ?? null,
    });
    if (id === undefined) throw noSuchPool(input.work_pool_name);
    return { workerId: input.return_id ? id : null };
  },
});

/** A list of a pool's workers. */
export const filterWorkers = defineVerb({
  name: "worker.filter",
  permission: "see_workers",
  input: z.object({
    work_pool_name: z.string(),
    workers: WorkerFilter,
    sort: WorkerSort,
    limit: Limit,
    offset: Offset,
  }),
  async run({ store, nowIso }, { work_pool_name, workers, sort, limit, offset }) {
    const pool = await poolNamed(store, work_pool_name);
    const asked = `worker ${pool.id} ${sort} ${toWire(workers)}`;
    return walk(asked, { offset, limit }, (position) =>
      store.workers.list(pool.id, workers, sort, nowIso, position, limit),
    );
  },
});

/** A page of a pool's workers with their count. */
export const paginateWorkers = defineVerb({
  name: "worker.paginate",
  permission: "see_workers",
  input: z.object({
    work_pool_name: z.string(),
    workers: WorkerFilter,
    sort: WorkerSort,
    limit: Limit,
    page: PageNumber,
  }),
  async run({ store, nowIso }, { work_pool_name, workers, sort, limit, page }) {
    const pool = await poolNamed(store, work_pool_name);
    const { rows, told } = await paginate(
      `worker ${pool.id} ${sort} ${toWire(workers)}`,
      { page, limit },
      (position) => store.workers.list(pool.id, workers, sort, nowIso, position, limit),
      () => store.workers.count(pool.id, workers, nowIso),
    );
    return { results: rows, ...told };
  },
});

/** One worker of a pool. */
export const readWorker = defineVerb({
  name: "worker.read",
  permission: "see_workers",
  input: z.object({ work_pool_name: z.string(), worker_id: Uuid }),
  async run({ store, nowIso }, { work_pool_name, worker_id }) {
    const pool = await poolNamed(store, work_pool_name);
    const row = await store.workers.get(pool.id, worker_id, nowIso);
    if (!row) throw new WeirError("missing", "Worker not found.");
    return row;
  },
});

/** Deletes a worker that is gone for good. */
export const deleteWorker = defineVerb({
  name: "worker.delete",
  permission: "manage_workers",
  input: z.object({ work_pool_name: z.string(), worker_name: z.string() }),
  async run({ store }, { work_pool_name, worker_name }) {
    const pool = await poolNamed(store, work_pool_name);
    if (!(await store.workers.remove(pool.id, worker_name))) throw new WeirError("missing", "Worker not found.");
  },
});
