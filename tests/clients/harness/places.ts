import { inject } from "vitest";
import type { Mode, Place } from "./client.ts";
import { startPeer } from "./peer.ts";
import { newTenant, type Tenant, type Weir } from "./weir.ts";

/** A place to work at, until it is closed. */
export type OpenPlace = { place: Place; close(): Promise<void> };

/** The ways in which Weir is driven; where another of Prefect's servers stands in for it, that one's. */
export const weirModes: Mode[] = inject("weir") ? ["cloud", "server"] : ["peer"];

/** One of Prefect's own servers, new and empty: it has no workspaces that would keep two groups apart. */
export async function openPeer(): Promise<OpenPlace> {
  const root = inject("root");
  const peer = await startPeer(root, inject("postgresUrl"));
  return { place: { mode: "peer", root, workspaceUrl: peer.apiUrl }, close: peer.stop };
}

/** A new, empty workspace on Weir, in an account of its own, entered by `mode`. */
export async function openWeir(mode: Mode): Promise<OpenPlace> {
  return inject("weir") ? { place: await weirPlace(mode), close: async () => undefined } : openPeer();
}

/** Like `openWeir`, where there is nothing to close. */
export async function weirPlace(mode: Mode): Promise<Place> {
  const weir = inject("weir");
  if (!weir) throw new Error("There is no Weir: WEIR_CLIENTS_AGAINST says so");
  return (await newPlace(weir, mode, inject("root"))).place;
}

/** A new, empty workspace on a Weir, as clients enter it whose homes are below `root`, and as it is known there. */
export async function newPlace(weir: Weir, mode: Mode, root: string): Promise<{ place: Place; tenant: Tenant }> {
  const { apiUrl, uiUrl } = weir;
  const tenant = await newTenant(weir);
  const { accountId, accountHandle, workspaceId, workspaceHandle, apiKey } = tenant;
  const workspace = `${accountHandle}/${workspaceHandle}`;
  const workspaceUrl = `${apiUrl}/accounts/${accountId}/workspaces/${workspaceId}`;
  return { place: { mode, root, apiUrl, uiUrl, apiKey, accountId, workspace, workspaceUrl }, tenant };
}
