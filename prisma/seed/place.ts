import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "@weir/instance";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The workspace that a scenario fills, and the database it is in. */
export type Place = { databaseUrl: string; accountId: string; workspaceId: string };

/** From the flags; what they leave out from the instance that runs here. Throws, in a sentence, when there is none. */
export async function findPlace(flags: { database?: string; account?: string; workspace?: string }): Promise<Place> {
  const file = join(root, ".weir/instance.json");
  const instance = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : {};
  const accountId = flags.account ?? instance.accountId;
  const workspaceId = flags.workspace ?? instance.workspaceId;
  if (!accountId || !workspaceId) {
    throw new Error('No instance runs here. Run "npm start" first, or name --database, --account and --workspace.');
  }
  // biome-ignore lint/style/noProcessEnv: the one variable that a seed reads, as Prisma does
  const databaseUrl = flags.database ?? process.env.DATABASE_URL ?? (await embedded());
  return { databaseUrl, accountId, workspaceId };
}

/** The address of the running instance's own PostgreSQL: adopting it does not touch it. */
async function embedded(): Promise<string> {
  const { url } = await startPostgres({ dir: join(root, ".weir/postgres") });
  return url.replace(/\/postgres$/, "/weir");
}
