import { join } from "node:path";
import { readInstanceFile } from "@weir/instance";
import { readEnv } from "./env.ts";
import { instanceDir } from "./paths.ts";

/** Asks the workspace's API. Throws one sentence when there is none to ask, or with what it says is wrong. */
export async function askWorkspace(path: string): Promise<unknown> {
  const { url, apiKey } = workspace();
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${apiKey}` } }).catch(() => undefined);
  if (!answer) throw new Error(`${url} does not answer. Is Weir running?`);
  const body = (await answer.json().catch(() => ({}))) as { detail?: unknown };
  if (answer.ok) return body;
  throw new Error(typeof body.detail === "string" ? body.detail : `${url} answered ${answer.status}.`);
}

/** The workspace of WEIR_API_URL, or the local instance's. */
function workspace(): { url: string; apiKey: string } {
  const { WEIR_API_URL, WEIR_API_KEY, WEIR_HOME } = readEnv();
  if (WEIR_API_URL !== undefined) {
    if (WEIR_API_KEY === undefined) throw new Error("WEIR_API_URL is set and WEIR_API_KEY is not. Set the key too.");
    return { url: WEIR_API_URL.replace(/\/$/, ""), apiKey: WEIR_API_KEY };
  }
  const local = readInstanceFile(join(instanceDir(WEIR_HOME), "instance.json"));
  if (!local)
    throw new Error('Weir does not run here. Start it with "npm start", or set WEIR_API_URL and WEIR_API_KEY.');
  const { apiUrl, accountId, workspaceId, apiKey } = local;
  return { url: `${apiUrl}/accounts/${accountId}/workspaces/${workspaceId}`, apiKey };
}
