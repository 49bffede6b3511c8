import {
  Document,
  FlowFilter,
  FlowSort,
  Limit,
  Name,
  notFound,
  Offset,
  RunFilters,
  Tags,
  toWire,
  Uuid,
} from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { documentOr } from "../flow-run/create.ts";
import { newId } from "../ids.ts";
import { BulkLimit, PageNumber, paginate, walk } from "../paging.ts";

/** Creates the flow of a name, or finds it: engines call it before every run. */
export const createFlow = defineVerb({
  name: "flow.create",
  permission: "run_flows",
  input: z.object({ name: Name, tags: Tags.nullish(), labels: Document.optional() }),
  async run({ store, now, nowIso }, { name, tags, labels }) {
    const { row, isNew } = await store.flows.upsert({
      id: newId(now),
      name,
      tags: tags ?? [],
      labels: documentOr(labels).text,
      now: nowIso,
    });
    return { isNew, body: row };
  },
});

/** One flow. */
export const readFlow = defineVerb({
  name: "flow.read",
  permission: "see_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    const row = await store.flows.get(id);
    if (!row) throw notFound("Flow");
    return row;
  },
});

/** One flow by its name. */
export const readFlowByName = defineVerb({
  name: "flow.read_by_name",
  permission: "see_flows",
  input: z.object({ name: z.string() }),
  async run({ store }, { name }) {
    const row = await store.flows.getByName(name);
    if (!row) throw notFound("Flow");
    return row;
  },
});

/** A list of flows. */
export const filterFlows = defineVerb({
  name: "flow.filter",
  permission: "see_flows",
  input: RunFilters.extend({ sort: FlowSort, limit: Limit, offset: Offset }),
  run({ store, grant }, { sort, limit, offset, ...filters }) {
    const asked = `flow ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    return walk(asked, { offset, limit }, (position) => store.flows.list(filters, sort, position, limit));
  },
});

/** A page of flows with their count. */
export const paginateFlows = defineVerb({
  name: "flow.paginate",
  permission: "see_flows",
  input: RunFilters.extend({ sort: FlowSort, limit: Limit, page: PageNumber }),
  async run({ store, grant }, { sort, limit, page, ...filters }) {
    const asked = `flow ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const { rows, told } = await paginate(
      asked,
      { page, limit },
      (position) => store.flows.list(filters, sort, position, limit),
      () => store.flows.count(filters),
    );
    return { results: rows, ...told };
  },
});

/** How many flows match. */
export const countFlows = defineVerb({
  name: "flow.count",
  permission: "see_flows",
  input: RunFilters,
  run: ({ store }, filters) => store.flows.count(filters),
});

/** Replaces a flow's tags and labels, where they are given. */
export const updateFlow = defineVerb({
  name: "flow.update",
  permission: "manage_flows",
  input: z.object({ id: Uuid, tags: Tags.nullish(), labels: Document.optional() }),
  async run({ store, nowIso }, { id, tags, labels }) {
    const patch = { ...(tags ? { tags } : {}), ...(labels ? { labels: documentOr(labels).text } : {}) };
    if (!(await store.flows.patch(id, patch, nowIso))) throw notFound("Flow");
  },
});

/** Deletes a flow, its deployments and its runs. */
export const deleteFlow = defineVerb({
  name: "flow.delete",
  permission: "manage_flows",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    if (!(await store.flows.remove(id))) throw notFound("Flow");
  },
});

/** Deletes the flows that match, 50 at most, with their deployments and runs; gives their ids. */
export const deleteFlows = defineVerb({
  name: "flow.delete_many",
  permission: "manage_flows",
  input: z.object({ flows: FlowFilter, limit: BulkLimit }),
  async run({ store }, { flows, limit }) {
    const { rows } = await store.flows.list({ flows }, "NAME_ASC", { offset: 0 }, limit);
    const deleted: string[] = [];
    for (const { id } of rows) if (await store.flows.remove(id)) deleted.push(id);
    return { deleted };
  },
});
