import {
  type JsonText,
  Limit,
  Name,
  ObjectDocument,
  Offset,
  toWire,
  WeirError,
  WorkPoolFilter,
  WorkPoolSort,
} from "@weir/contracts";
import type { WorkPoolRow } from "@weir/db";
import { z } from "zod";
import { isBefore } from "../client-version.ts";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { newId } from "../ids.ts";
import { PageNumber, paginate, walk } from "../paging.ts";
import { BaseJobTemplate } from "./template.ts";
import { isConfigured, isServed } from "./types/all.ts";

/** How many runs may hold a slot at once; 0 stops all. */
export const ConcurrencyLimit = z
  .number()
  .int()
  .min(0, "Input should be greater than or equal to 0")
  .max(2_147_483_647);

/** Pools that agents serve; they have no status. */
const AGENT_TYPE = "prefect-agent";

const STORAGE = '{"bundle_upload_step":null,"bundle_execution_step":null}';

const byName = z.object({ work_pool_name: z.string() });

/** The pool of a name; 404 in the words that clients print. */
export async function poolNamed(store: Ctx["store"], name: string): Promise<WorkPoolRow> {
  const pool = await store.workPools.getByName(name);
  if (!pool) throw noSuchPool(name);
  return pool;
}

/** 404 of a pool. */
export function noSuchPool(name: string): WeirError {
  return new WeirError("missing", `Work pool "${name}" not found.`);
}

/** Creates a pool and its default queue. */
export const createWorkPool = defineVerb({
  name: "work_pool.create",
  permission: "manage_work_pools",
  input: z.object({
    name: Name.refine((name) => /[^\s"'`]/.test(name), "name cannot be an empty string"),
    description: z.string().nullish(),
    type: z.string().nullish(),
    base_job_template: BaseJobTemplate.nullish(),
    is_paused: z.boolean().nullish(),
    concurrency_limit: ConcurrencyLimit.nullish(),
    storage_configuration: ObjectDocument.nullish(),
  }),
  async run(ctx, input) {
    const { store, now, nowIso } = ctx;
    if (isReserved(input.name))
      throw new WeirError("forbidden", "Work pools starting with 'Prefect' are reserved for internal use.");
    const type = input.type ?? AGENT_TYPE;
    const made = await store.workPools.create({
      id: newId(now),
      queueId: newId(now),
      now: nowIso,
      name: input.name,
      description: input.description ?? null,
      type,
      baseJobTemplate: input.base_job_template?.text ?? "{}",
      isPaused: input.is_paused ?? false,
      concurrencyLimit: input.concurrency_limit ?? null,
      status: statusAtFirst(type, input.is_paused === true, input.base_job_template?.object() ?? {}),
      storageConfiguration: input.storage_configuration?.text ?? STORAGE,
    });
    if (!made) throw new WeirError("conflict", "A work pool with this name already exists.");
    return wirePool(ctx, made);
  },
});

/** One pool by its name. */
export const readWorkPool = defineVerb({
  name: "work_pool.read",
  permission: "see_work_pools",
  input: byName,
  run: async (ctx, { work_pool_name }) => wirePool(ctx, await poolNamed(ctx.store, work_pool_name)),
});

/** A pool on the wire, with or without what it makes jobs of: that may be long. Clients before 3.3.8 fail on one member. */
function wirePool({ caller }: Ctx, pool: WorkPoolRow, isWhole = true): Record<string, unknown> {
  const { base_job_template, ...row } = pool;
  const told: Record<string, unknown> = isWhole ? { ...row, base_job_template } : row;
  if (!isBefore(caller.version, [3, 3, 8])) return told;
  const { default_result_storage_block_id: _, ...known } = pool.storage_configuration.object();
  return { ...told, storage_configuration: known };
}

/** A list of pools, by name; whole unless it is told otherwise. */
export const filterWorkPools = defineVerb({
  name: "work_pool.filter",
  permission: "see_work_pools",
  input: z.object({
    work_pools: WorkPoolFilter,
    sort: WorkPoolSort,
    exclude_base_job_template: z.boolean().nullish(),
    limit: Limit,
    offset: Offset,
  }),
  async run(ctx, { work_pools, sort, exclude_base_job_template, limit, offset }) {
    const { store, grant } = ctx;
    const asked = `work_pool ${grant.workspaceId} ${sort} ${toWire(work_pools)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.workPools.list(work_pools, sort, position, limit),
    );
    return rows.map((row) => wirePool(ctx, row, !exclude_base_job_template));
  },
});

/** A page of pools with their count; what they make jobs of only when it is asked for. */
export const paginateWorkPools = defineVerb({
  name: "work_pool.paginate",
  permission: "see_work_pools",
  input: z.object({
    work_pools: WorkPoolFilter,
    sort: WorkPoolSort,
    include_base_job_template: z.boolean().nullish(),
    limit: Limit,
    page: PageNumber,
  }),
  async run(ctx, { work_pools, sort, include_base_job_template, limit, page }) {
    const { store, grant } = ctx;
    const asked = `work_pool ${grant.workspaceId} ${sort} ${toWire(work_pools)}`;
    const { rows, told } = await paginate(
      asked,
      { page, limit },
      (position) => store.workPools.list(work_pools, sort, position, limit),
      () => store.workPools.count(work_pools),
    );
    return { results: rows.map((row) => wirePool(ctx, row, include_base_job_template === true)), ...told };
  },
});

/** How many pools match. */
export const countWorkPools = defineVerb({
  name: "work_pool.count",
  permission: "see_work_pools",
  input: z.object({ work_pools: WorkPoolFilter }),
  run: ({ store }, { work_pools }) => store.workPools.count(work_pools),
});

/** Changes a pool. Pausing and unpausing set its status: without an online worker it is not ready. */
export const updateWorkPool = defineVerb({
  name: "work_pool.update",
  permission: "write_work_pools",
  input: byName.extend({
    description: z.string().nullable().optional(),
    is_paused: z.boolean().nullish(),
    base_job_template: BaseJobTemplate.nullish(),
    concurrency_limit: ConcurrencyLimit.nullable().optional(),
    storage_configuration: ObjectDocument.nullish(),
  }),
  async run({ store, nowIso }, { work_pool_name, ...input }) {
    const other = input.description !== undefined || input.base_job_template || input.storage_configuration;
    if (isReserved(work_pool_name) && other) {
      const message =
        "Work pools starting with 'Prefect' are reserved for internal use and can only be updated to set concurrency limits or pause.";
      throw new WeirError("forbidden", message);
    }
    const pool = await poolNamed(store, work_pool_name);
    const status = await statusAfter(store, pool, input, nowIso);
    const patch = {
      description: input.description,
      is_paused: input.is_paused ?? undefined,
      base_job_template: input.base_job_template?.text,
      concurrency_limit: input.concurrency_limit,
      storage_configuration: input.storage_configuration?.text,
      status,
    };
    if (!(await store.workPools.patch(pool.id, patch, nowIso))) throw noSuchPool(work_pool_name);
  },
});

/** Deletes a pool with its queues and workers. */
export const deleteWorkPool = defineVerb({
  name: "work_pool.delete",
  permission: "manage_work_pools",
  input: byName,
  async run({ store, nowIso }, { work_pool_name }) {
    if (isReserved(work_pool_name)) {
      throw new WeirError(
        "forbidden",
        "Work pools starting with 'Prefect' are reserved for internal use and can not be deleted.",
      );
    }
    const pool = await poolNamed(store, work_pool_name);
    if (!(await store.workPools.remove(pool.id, nowIso))) throw noSuchPool(work_pool_name);
  },
});

function statusAtFirst(type: string, isPaused: boolean, template: Record<string, unknown>): string | null {
  if (type === AGENT_TYPE) return null;
  if (isPaused) return "PAUSED";
  return isServed(type) && isConfigured(type, template) ? "READY" : "NOT_READY";
}

type StatusChange = { is_paused?: boolean | null | undefined; base_job_template?: JsonText | null | undefined };

async function statusAfter(store: Ctx["store"], pool: WorkPoolRow, change: StatusChange, nowIso: string) {
  const isPaused = change.is_paused ?? (pool.status === "PAUSED" && change.base_job_template ? true : undefined);
  if (pool.type === AGENT_TYPE) return undefined;
  if (isPaused) return "PAUSED";
  if (isServed(pool.type)) {
    const template = (change.base_job_template ?? pool.base_job_template).object();
    return isConfigured(pool.type, template) ? "READY" : "NOT_READY";
  }
  if (isPaused === undefined) return undefined;
  return (await store.workPools.hasOnlineWorker(pool.id, nowIso)) ? "READY" : "NOT_READY";
}

function isReserved(name: string): boolean {
  return name.toLowerCase().startsWith("prefect");
}
