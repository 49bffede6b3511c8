import { FlowRunFilter, FlowRunSort, Limit, Offset, RunFilters, toWire } from "@weir/contracts";
import type { FlowRow, FlowRunRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { BulkLimit, PageNumber, paginate, walk } from "../paging.ts";
import { wireQueue } from "../work-queue/verbs.ts";
import { wireFlowRun, wireMinimalFlowRun } from "./wire.ts";

const listed = RunFilters.extend({ sort: FlowRunSort, limit: Limit, offset: Offset });

async function listFlowRuns({ store, grant }: Ctx, { sort, limit, offset, ...filters }: z.output<typeof listed>) {
  const asked = `flow_run ${grant.workspaceId} ${sort} ${toWire(filters)}`;
  return walk(asked, { offset, limit }, (position) => store.flowRuns.list(filters, sort, position, limit));
}

/** A list of flow runs, by filters of every related noun. */
export const filterFlowRuns = defineVerb({
  name: "flow_run.filter",
  permission: "see_flows",
  input: listed,
  async run(ctx, input) {
    return (await listFlowRuns(ctx, input)).map((row) => wireFlowRun(row, ctx.now));
  },
});

/** As `filterFlowRuns`, without what a state carries; each with its flow and its queue. */
export const filterMinimalFlowRuns = defineVerb({
  name: "flow_run.filter_minimal",
  permission: "see_flows",
  input: listed,
  async run(ctx, input) {
    const rows = await listFlowRuns(ctx, input);
    const [flows, queues] = await Promise.all([flowsOf(ctx, rows), queuesOf(ctx, rows)]);
    return rows.map((row) => ({
      ...wireMinimalFlowRun(row, ctx.now),
      flow: flows.get(row.flow_id) ?? null,
      work_queue: queues.get(row.work_queue_id ?? "") ?? null,
    }));
  },
});

async function flowsOf({ store }: Ctx, rows: readonly FlowRunRow[]): Promise<Map<string, FlowRow>> {
  const ids = [...new Set(rows.map((row) => row.flow_id))];
  const found = await Promise.all(ids.map((id) => store.flows.get(id))); // one batched read
  return new Map(found.flatMap((flow) => (flow ? [[flow.id, flow]] : [])));
}

async function queuesOf({ store }: Ctx, rows: readonly FlowRunRow[]): Promise<Map<string, Record<string, unknown>>> {
  const ids = [...new Set(rows.flatMap((row) => row.work_queue_id ?? []))];
  const { rows: found } = await store.workQueues.list(undefined, { id: { any_: ids } }, { offset: 0 }, ids.length);
  return new Map(found.map((queue) => [queue.id, wireQueue(queue)]));
}

/** A page of flow runs with their count. */
export const paginateFlowRuns = defineVerb({
  name: "flow_run.paginate",
  permission: "see_flows",
  input: RunFilters.extend({ sort: FlowRunSort, limit: Limit, page: PageNumber }),
  async run({ store, now, grant }, { sort, limit, page, ...filters }) {
    const asked = `flow_run ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const { rows, told } = await paginate(
      asked,
      { page, limit },
      (position) => store.flowRuns.list(filters, sort, position, limit),
      () => store.flowRuns.count(filters),
    );
    return { results: rows.map((row) => wireFlowRun(row, now)), ...told };
  },
});

/** How many flow runs match. */
export const countFlowRuns = defineVerb({
  name: "flow_run.count",
  permission: "see_flows",
  input: RunFilters,
  run: ({ store }, filters) => store.flowRuns.count(filters),
});

/** How late the runs that match started, or still wait to start, in seconds on average; null when there are none. */
export const averageLateness = defineVerb({
  name: "flow_run.lateness",
  permission: "see_flows",
  input: RunFilters,
  run: ({ store, nowIso }, filters) => store.flowRuns.lateness(filters, nowIso),
});

/** Deletes the flow runs that match, newest first, 50 at most; gives their ids. */
export const deleteFlowRuns = defineVerb({
  name: "flow_run.delete_many",
  permission: "manage_flows",
  input: z.object({ flow_runs: FlowRunFilter, limit: BulkLimit }),
  async run({ store }, { flow_runs, limit }) {
    const { rows } = await store.flowRuns.list({ flow_runs }, "ID_DESC", { offset: 0 }, limit);
    const deleted: string[] = [];
    for (const { id } of rows) if (await store.flowRuns.remove(id)) deleted.push(id);
    return { deleted };
  },
});
