import { type JsonText, WeirError, WorkerHello } from "@weir/contracts";
import type { WorkPoolRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { createWorkPool, noSuchPool, poolNamed, updateWorkPool } from "../work-pool/verbs.ts";
import { heartbeatWorker } from "./verbs.ts";

/** What a worker finds when it connects: itself, its pool as it is now, and the queues that it serves. */
export type ConnectedWorker = { workerId: string; pool: WorkPoolRow; queues: { id: string; name: string }[] };

const QUEUES = 200;

/**
 * Lets a worker into its pool: makes the pool when it is missing and may be made, fills an empty template with the
 * worker's, and records the first heartbeat. 404 when the pool, or a queue that the worker names, is not there.
 */
export const connectWorker = defineVerb({
  name: "worker.connect",
  permission: "write_workers",
  input: z.object({ work_pool_name: z.string(), hello: WorkerHello }),
  async run(ctx, { work_pool_name, hello }): Promise<ConnectedWorker> {
    const { store } = ctx;
    const found = await store.workPools.getByName(work_pool_name);
    if (!found) await makePool(ctx, work_pool_name, hello);
    const pool = found ?? (await poolNamed(store, work_pool_name));
    const queues = await queuesOf(ctx, pool, hello.work_queue_names);
    const template = hello.default_base_job_template;
    if (isEmpty(pool.base_job_template) && template && !isEmpty(template))
      await updateWorkPool(ctx, { work_pool_name, base_job_template: template });
    const { workerId } = await heartbeatWorker(ctx, {
      work_pool_name,
      name: hello.worker_name,
      heartbeat_interval_seconds: hello.heartbeat_interval_seconds,
      metadata: hello.worker_metadata,
      return_id: true,
    });
    if (workerId === null) throw noSuchPool(work_pool_name);
    return { workerId, pool: await poolNamed(store, work_pool_name), queues };
  },
});

/** A pool that is made has its default queue alone: who names another is told before. */
async function makePool(ctx: Ctx, name: string, hello: WorkerHello): Promise<void> {
  if (!hello.create_pool_if_not_found || hello.work_queue_names.some((queue) => queue !== "default"))
    throw noSuchPool(name);
  const made = { name, type: hello.worker_type, base_job_template: hello.default_base_job_template };
  await createWorkPool(ctx, made).catch((error: unknown) => {
    // Another worker was faster: its pool will do.
    if (!(error instanceof WeirError && error.code === "conflict")) throw error;
  });
}

async function queuesOf(
  { store }: Ctx,
  pool: WorkPoolRow,
  names: readonly string[],
): Promise<ConnectedWorker["queues"]> {
  const wanted = [...new Set(names)];
  const filter = wanted.length === 0 ? undefined : { name: { any_: wanted } };
  const { rows } = await store.workQueues.list(pool.id, filter, { offset: 0 }, Math.max(QUEUES, wanted.length));
  if (wanted.length > 0 && rows.length < wanted.length)
    throw new WeirError("missing", `Work pool "${pool.name}" has no such work queue.`);
  return rows.map(({ id, name }) => ({ id, name }));
}

function isEmpty(template: JsonText): boolean {
  return Object.keys(template.object()).length === 0;
}
