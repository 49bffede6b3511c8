import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "@weir/db";
import { startPostgres } from "@weir/instance";
import { asSuperuser, TEMPLATE, withDatabase } from "@weir/testing";

const MIGRATIONS = fileURLToPath(new URL("../../prisma/migrations", import.meta.url));

/** A PostgreSQL of a test's own, which syncs to disk as a real one does. `url` stays the same over its deaths. */
export type OwnPostgres = { url: string; kill(): void; restart(): Promise<void>; stop(): Promise<void> };

/** Starts one, with the template that test databases are made of. */
export async function ownPostgres(): Promise<OwnPostgres> {
  const dir = mkdtempSync(join(tmpdir(), "weir-faults-"));
  let running = await startPostgres({ dir });
  await asSuperuser(running.url, `create database ${TEMPLATE}`);
  await migrate(withDatabase(running.url, TEMPLATE), MIGRATIONS);
  return {
    url: running.url,
    kill: () => void process.kill(running.pid, "SIGKILL"),
    async restart() {
      running = await startPostgres({ dir, port: running.port });
    },
    async stop() {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
