import { Limit, Text, Uuid, WeirError } from "@weir/contracts";
import type { DeploymentVersionRow } from "@weir/db";
import { z } from "zod";
import { type Ctx, defineVerb } from "../define-verb.ts";
import { PageNumber, pageOf, walk } from "../paging.ts";

const byVersion = z.object({ id: Uuid, version_id: Uuid });

const noSuchVersion = () => new WeirError("missing", "Deployment version not found");

async function exists({ store }: Ctx, id: string): Promise<void> {
  if (!(await store.deployments.get(id))) throw new WeirError("missing", "Deployment not found");
}

/** A version on the wire. Nothing changes one: nobody is told to have. */
function wireVersion(row: DeploymentVersionRow): Record<string, unknown> {
  return { ...row, infra_overrides: row.job_variables, updated_by: null };
}

/** A page of a deployment's versions, newest first. */
export const paginateDeploymentVersions = defineVerb({
  name: "deployment_version.paginate",
  permission: "see_deployments",
  input: z.object({ id: Uuid, limit: Limit, page: PageNumber }),
  async run(ctx, { id, limit, page }) {
    await exists(ctx, id);
    const { deploymentVersions } = ctx.store;
    const [rows, count] = await Promise.all([
      walk(`deployment_version ${id}`, { offset: (page - 1) * limit, limit }, (position) =>
        deploymentVersions.list(id, position, limit),
      ),
      deploymentVersions.count(id),
    ]);
    return { results: rows.map(wireVersion), ...pageOf(count, limit, page) };
  },
});

/** One version of a deployment. */
export const readDeploymentVersion = defineVerb({
  name: "deployment_version.read",
  permission: "see_deployments",
  input: byVersion,
  async run({ store }, { id, version_id }) {
    const row = await store.deploymentVersions.get(id, version_id);
    if (!row) throw noSuchVersion();
    return wireVersion(row);
  },
});

/** Makes a deployment what it was in a version: forward or back. Its schedules stay. */
export const promoteDeploymentVersion = defineVerb({
  name: "deployment_version.promote",
  permission: "write_deployments",
  input: byVersion.extend({ reason: Text.nullish() }),
  async run({ store, nowIso }, { id, version_id }) {
    if (!(await store.deploymentVersions.promote(id, version_id, nowIso))) throw noSuchVersion();
    return true;
  },
});

/** Deletes a version that its deployment is not now. */
export const deleteDeploymentVersion = defineVerb({
  name: "deployment_version.delete",
  permission: "manage_deployments",
  input: byVersion,
  async run({ store }, { id, version_id }) {
    const outcome = await store.deploymentVersions.remove(id, version_id);
    if (outcome === "missing") throw noSuchVersion();
    if (outcome === "live")
      throw new WeirError("conflict", "The deployment is this version now. Promote another before you delete it.");
  },
});
