import { openDb, openHot, sql } from "@weir/db";
import { systemClock } from "@weir/operations";
import { aWorkspace, startTestWeir } from "@weir/testing";

/** Where Weir answers, and its database, for minting. Where `@weir/testing` changes, this file follows. */
export type Weir = { apiUrl: string; uiUrl: string; databaseUrl: string };

/** An account with one workspace and one user, who owns both. */
export type Tenant = {
  accountId: string;
  accountHandle: string;
  workspaceId: string;
  workspaceHandle: string;
  apiKey: string;
};

/** Starts Weir as these tests want it: everything real, its loops included, without its pages. */
export async function startWeir(postgresUrl: string): Promise<{ weir: Weir; stop(): Promise<void> }> {
  const started = await startTestWeir({ postgresUrl });
  const { apiUrl, uiUrl, databaseUrl } = started;
  return { weir: { apiUrl, uiUrl, databaseUrl }, stop: () => started.stop() };
}

/** Mints a tenant: tests that run side by side see nothing of each other. */
export async function newTenant({ databaseUrl }: Weir): Promise<Tenant> {
  const db = openDb({ url: databaseUrl, connections: 1, hotConnections: 1 });
  try {
    const minted = await aWorkspace({ db, hot: openHot(db), clock: systemClock() });
    const { accountId, accountHandle, workspaceId, workspaceHandle, apiKey } = minted;
    return { accountId, accountHandle, workspaceId, workspaceHandle, apiKey };
  } finally {
    await db.close();
  }
}

/** As if five minutes had gone by since a run was told to cancel. */
export async function letCancellingEnd({ databaseUrl }: Weir, flowRunId: string): Promise<void> {
  const db = openDb({ url: databaseUrl, connections: 1, hotConnections: 1 });
  try {
    const ago = sql`state_timestamp - interval '5 minutes'`;
    await db.query(sql`
      update flow_run set state_timestamp = ${ago} where id = ${flowRunId}::uuid and state_type = 'CANCELLING'`);
  } finally {
    await db.close();
  }
}
