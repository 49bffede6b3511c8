import { inject } from "vitest";
import type { Mode, Place } from "./client.ts";
import { startPeer } from "./peer.ts";
import { newTenant } from "./weir.ts";

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
  const { apiUrl, uiUrl } = weir;
  const { accountId, accountHandle, workspaceId, workspaceHandle, apiKey } = await newTenant(weir);
  return {
    mode,
    root: inject("root"),
    apiUrl,
    uiUrl,
    apiKey,
    accountId,
    workspace: `${accountHandle}/${workspaceHandle}`,
    workspaceUrl: `${apiUrl}/accounts/${accountId}/workspaces/${workspaceId}`,
  };
}
