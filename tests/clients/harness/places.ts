import { inject } from "vitest";
import type { Mode, Place } from "./client.ts";
import { newTenant } from "./weir.ts";

/** The ways in which Weir is driven; where another of Prefect's servers stands in for it, that one's. */
export const weirModes: Mode[] = "peerUrl" in inject("weir") ? ["peer"] : ["cloud", "server"];

/** Prefect's own server. */
export function peerPlace(): Place {
  return { mode: "peer", root: inject("root"), workspaceUrl: inject("peerUrl") };
}

/** A new, empty workspace on Weir, in an account of its own, entered by `mode`. */
export async function weirPlace(mode: Mode): Promise<Place> {
  const weir = inject("weir");
  const root = inject("root");
  if ("peerUrl" in weir) return { mode: "peer", root, workspaceUrl: weir.peerUrl };
  const { apiUrl, uiUrl } = weir;
  const { accountId, accountHandle, workspaceId, workspaceHandle, apiKey } = await newTenant(weir);
  return {
    mode,
    root,
    apiUrl,
    uiUrl,
    apiKey,
    accountId,
    workspace: `${accountHandle}/${workspaceHandle}`,
    workspaceUrl: `${apiUrl}/accounts/${accountId}/workspaces/${workspaceId}`,
  };
}
