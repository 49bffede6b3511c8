import type { RunningInstance } from "@weir/instance";

/** What a person needs once Weir answers: the address, the sign-in, and how a client logs in. */
export function welcome({ file, secrets }: Pick<RunningInstance, "file" | "secrets">, seconds: number): string {
  const workspace = `${file.accountHandle}/${file.workspaceHandle}`;
  return `
Weir is ready (${seconds.toFixed(1)} s).

  Address    ${file.uiUrl}
  Sign in    ${secrets.email}
  Password   ${secrets.password}

Log in a Prefect client:

  PREFECT_CLOUD_API_URL=${file.apiUrl} PREFECT_CLOUD_UI_URL=${file.uiUrl} prefect cloud login --key ${file.apiKey} --workspace ${workspace}

Ctrl-C stops everything.
`;
}
