import {
  DeploymentFilter,
  DeploymentSort,
  Instant,
  Limit,
  Offset,
  RunFilters,
  toWire,
  Uuid,
  WeirError,
} from "@weir/contracts";
import { z } from "zod";
import { defineVerb } from "../define-verb.ts";
import { wireFlowRun } from "../flow-run/wire.ts";
import { BulkLimit, PageNumber, paginate, walk } from "../paging.ts";
import { beyond } from "../work-pool/poll.ts";
import { wireDeployment } from "./wire.ts";

/** One deployment. */
export const readDeployment = defineVerb({
  name: "deployment.read",
  permission: "see_deployments",
  input: z.object({ id: Uuid }),
  async run({ store }, { id }) {
    const row = await store.deployments.get(id);
    if (!row) throw new WeirError("missing", "Deployment not found");
    return wireDeployment(row);
  },
});

/** One deployment by its flow's name and its own. */
export const readDeploymentByName = defineVerb({
  name: "deployment.read_by_name",
  permission: "see_deployments",
  input: z.object({ flow_name: z.string(), deployment_name: z.string() }),
  async run({ store }, { flow_name, deployment_name }) {
    const row = await store.deployments.getByName(flow_name, deployment_name);
    if (!row) throw new WeirError("missing", "Deployment not found");
    return wireDeployment(row);
  },
});

/** A list of deployments. */
export const filterDeployments = defineVerb({
  name: "deployment.filter",
  permission: "see_deployments",
  input: RunFilters.extend({ sort: DeploymentSort, limit: Limit, offset: Offset }),
  async run({ store, grant }, { sort, limit, offset, ...filters }) {
    const asked = `deployment ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const rows = await walk(asked, { offset, limit }, (position) =>
      store.deployments.list(filters, sort, position, limit),
    );
    return rows.map(wireDeployment);
  },
});

/** A page of deployments with their count. */
export const paginateDeployments = defineVerb({
  name: "deployment.paginate",
  permission: "see_deployments",
  input: RunFilters.extend({ sort: DeploymentSort, limit: Limit, page: PageNumber }),
  async run({ store, grant }, { sort, limit, page, ...filters }) {
    const asked = `deployment ${grant.workspaceId} ${sort} ${toWire(filters)}`;
    const { rows, told } = await paginate(
      asked,
      { page, limit },
      (position) => store.deployments.list(filters, sort, position, limit),
      () => store.deployments.count(filters),
    );
    return { results: rows.map(wireDeployment), ...told };
  },
});

/** How many deployments match. */
export const countDeployments = defineVerb({
  name: "deployment.count",
  permission: "see_deployments",
  input: RunFilters,
  run: ({ store }, filters) => store.deployments.count(filters),
});

/** Deletes the deployments that match, 50 at most; gives their ids. */
export const deleteDeployments = defineVerb({
  name: "deployment.delete_many",
  permission: "manage_deployments",
  input: z.object({ deployments: DeploymentFilter, limit: BulkLimit }),
  async run({ store, nowIso }, { deployments, limit }) {
    const { rows } = await store.deployments.list({ deployments }, "NAME_ASC", { offset: 0 }, limit);
    const deleted: string[] = [];
    for (const { id } of rows) if (await store.deployments.remove(id, nowIso)) deleted.push(id);
    return { deleted };
  },
});

/** The runs of deployments that a runner may start now. */
export const offerDeploymentRuns = defineVerb({
  name: "deployment.offer_flow_runs",
  permission: "see_deployments",
  input: z.object({ deployment_ids: z.array(Uuid).max(10_000), scheduled_before: Instant.nullish(), limit: Limit }),
  async run(ctx, { deployment_ids, scheduled_before, limit }) {
    const { store, now, nowIso } = ctx;
    const runs = await store.dispatch.ofDeployments(deployment_ids, {
      before: scheduled_before ?? beyond(ctx),
      after: null,
      limit,
    });
    // After the answer; the next poll repeats what this one fails to write.
    store.deployments.markPolled(deployment_ids, nowIso).catch(() => undefined);
    return runs.map((run) => wireFlowRun(run, now));
  },
});
