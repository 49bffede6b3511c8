/** Somebody who can sign in, and their workspace. */
export type Person = {
  accountId: string;
  accountHandle: string;
  workspaceId: string;
  workspaceHandle: string;
  apiKey: string;
  email: string;
  password: string;
};

/** Where the Weir under test is, where its mail arrives, and two people in accounts of their own. */
export type Places = { apiUrl: string; uiUrl: string; mailUrl: string; mine: Person; other: Person };

/** What the global set-up has started. */
export function places(): Places {
  return JSON.parse(process.env.WEIR_E2E_PLACES ?? "{}") as Places;
}
