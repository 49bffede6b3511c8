import { grantToSystem } from "@weir/auth";
import { WeirError } from "@weir/contracts";
import { type FleetId, fleet } from "@weir/db";
import { type Ctx, openCtx } from "../define-verb.ts";
import type { Services } from "../services.ts";

/** How many rows of one pass are worked on at the same time. */
const AT_ONCE = 32;

/** Opens each workspace that rows were found in, for the loop of this name, with the ids found there. */
export async function enterWorkspaces(
  services: Services,
  loop: string,
  found: readonly FleetId[],
): Promise<{ ctx: Ctx; ids: string[] }[]> {
  const byWorkspace = new Map<string, string[]>();
  for (const { workspace_id, id } of found)
    byWorkspace.set(workspace_id, [...(byWorkspace.get(workspace_id) ?? []), id]);
  if (byWorkspace.size === 0) return [];
  const workspaces = await fleet(services.db).workspaces([...byWorkspace.keys()]);
  return workspaces.map((workspace) => ({
    ctx: openCtx(services, grantToSystem(loop, workspace)),
    ids: byWorkspace.get(workspace.workspaceId) ?? [],
  }));
}

/**
 * Does something to each row found, some at a time. A row that another changes at the same time is left to the next pass;
 * any other fault ends this one.
 */
export async function eachFound(
  services: Services,
  loop: string,
  found: readonly FleetId[],
  work: (ctx: Ctx, id: string) => Promise<unknown>,
): Promise<number> {
  const entered = await enterWorkspaces(services, loop, found);
  const jobs = entered.flatMap(({ ctx, ids }) => ids.map((id) => ({ ctx, id })));
  let done = 0;
  for (let at = 0; at < jobs.length; at += AT_ONCE) {
    const results = await Promise.allSettled(jobs.slice(at, at + AT_ONCE).map(({ ctx, id }) => work(ctx, id)));
    for (const result of results) {
      if (result.status === "fulfilled") done += 1;
      else if (!(result.reason instanceof WeirError)) throw result.reason;
    }
  }
  return done;
}
