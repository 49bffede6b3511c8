import { Limit, notFound, toWire, Uuid, WorkQueueFilter } from "@weir/contracts";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { PageNumber, paginate } from "../paging.ts";
import { poolNamed } from "../work-pool/verbs.ts";
import { wireQueue } from "./verbs.ts";

const paged = z.object({ work_queues: WorkQueueFilter, limit: Limit, page: PageNumber });

async function pageOfQueues(
  { store, grant }: Ctx,
  poolId: string | undefined,
  { work_queues, limit, page }: z.output<typeof paged>,
) {
  const { rows, told } = await paginate(
    `work_queue ${poolId ?? grant.workspaceId} ${toWire(work_queues)}`,
    { page, limit },
    (position) => store.workQueues.list(poolId, work_queues, position, limit),
    () => store.workQueues.count(poolId, work_queues),
  );
  return { results: rows.map(wireQueue), ...told };
}

/** A page of queues by name, with their count. */
export const paginateWorkQueues = defineVerb({
  name: "work_queue.paginate",
  permission: "see_work_queues",
  input: paged,
  run: (ctx, input) => pageOfQueues(ctx, undefined, input),
});

/** A page of a pool's queues by priority, with their count. */
export const paginatePoolQueues = defineVerb({
  name: "work_queue.paginate_in_pool",
  permission: "see_work_queues",
  input: paged.extend({ work_pool_name: z.string() }),
  async run(ctx, { work_pool_name, ...input }) {
    return pageOfQueues(ctx, (await poolNamed(ctx.store, work_pool_name)).id, input);
  },
});

/** Queues that offer one deployment's runs, at most. */
const SERVING = 200;

/** The queues that would serve a deployment's runs: its own, and those whose filter takes it in. */
export const checkWorkQueues = defineVerb({
  name: "deployment.work_queue_check",
  permission: "see_deployments",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    if (!(await store.deployments.get(id))) throw notFound("Deployment");
    return (await store.workQueues.ofDeployment(id, SERVING)).map(wireQueue);
  },
});
