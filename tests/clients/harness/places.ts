import { inject } from "vitest";
import type { Mode, Place } from "./client.ts";
import { type JsonObject, list, object, type Rest, rest, text } from "./rest.ts";

/** The ways in which Weir is driven; where another of Prefect's servers stands in for it, that one's. */
export const weirModes: Mode[] = "peerUrl" in inject("weir") ? ["peer"] : ["cloud", "server"];

/** Prefect's own server. */
export function peerPlace(): Place {
  return { mode: "peer", root: inject("root"), workspaceUrl: inject("peerUrl") };
}

/** A new, empty workspace on Weir, entered by `mode`. `label` begins its handle. */
export async function weirPlace(mode: Mode, label: string): Promise<Place> {
  const weir = inject("weir");
  const root = inject("root");
  if ("peerUrl" in weir) return { mode: "peer", root, workspaceUrl: weir.peerUrl };
  const { apiUrl, uiUrl, apiKey, accountId, accountHandle } = weir;
  const handle = `${label}-${mode}-${Date.now().toString(36)}`;
  const made = await newWorkspace(handle);
  return {
    mode,
    root,
    apiUrl,
    uiUrl,
    apiKey,
    workspace: `${accountHandle}/${handle}`,
    workspaceUrl: `${apiUrl}/accounts/${accountId}/workspaces/${text(made.id)}`,
  };
}

/** Makes a workspace in Weir's account. */
export async function newWorkspace(handle: string): Promise<JsonObject> {
  const { api, account } = accountApi();
  return object(await api.post(`${account}/workspaces/`, { name: handle, handle }));
}

/** `account/workspace` of each workspace that the key may enter, in the order in which a login shows them. */
export async function allWorkspaces(): Promise<string[]> {
  const rows = list(await accountApi().api.get("/me/workspaces"));
  return rows.map((row) => `${text(row.account_handle)}/${text(row.workspace_handle)}`);
}

/** Deletes all workspaces of Weir's account but the first, which came with it. */
export async function onlyTheFirstWorkspace(): Promise<void> {
  const { api, account, first } = accountApi();
  for (const { workspace_id: id } of list(await api.get("/me/workspaces"))) {
    if (id !== first) await api.delete(`${account}/workspaces/${text(id)}`);
  }
}

function accountApi(): { api: Rest; account: string; first: string } {
  const weir = inject("weir");
  if ("peerUrl" in weir) throw new Error("Prefect's own server has no accounts");
  return { api: rest(weir.apiUrl, weir.apiKey), account: `/accounts/${weir.accountId}`, first: weir.workspaceId };
}
