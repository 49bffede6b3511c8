import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningPostgres, startPostgres } from "@weir/instance";
import pg from "pg";

/** Of the system, not of an npm package; it may be absent. */
const PGBENCH: string = "pgbench";

/** The one cluster that all sides share, thrown away at the end. */
export type Cluster = { pid: number; version: string; database(name: string): Promise<string>; stop(): Promise<void> };

/** Weir's own settings, durable: fsync and synchronous_commit are on. `profile` counts what each statement costs. */
export async function startCluster({ profile }: { profile: boolean }): Promise<Cluster> {
  const dir = mkdtempSync(join(tmpdir(), "weir-bench-"));
  const settings = profile
    ? { shared_preload_libraries: "pg_stat_statements", "pg_stat_statements.track": "all", track_io_timing: "on" }
    : undefined;
  const postgres: RunningPostgres = await startPostgres({ dir, ...(settings ? { settings } : {}) });
  const client = new pg.Client(postgres.url);
  await client.connect();
  const { rows } = await client.query("show server_version");
  return {
    pid: postgres.pid,
    version: rows[0].server_version,
    async database(name) {
      await client.query(`create database ${pg.escapeIdentifier(name)}`);
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      await client.end();
      await postgres.stop();
      rmSync(postgres.dir, { recursive: true, force: true });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Transactions a second of `pgbench -N -M prepared -c 16` on this cluster; `undefined` where there is no pgbench. */
export function pgbench(url: string, seconds: number): number | undefined {
  const found = spawnSync(PGBENCH, ["-N", "-M", "prepared", "-c", "16", "-j", "2", "-T", String(seconds), "-n", url], {
    encoding: "utf8",
  });
  if (found.error) return undefined;
  const rate = /tps = ([\d.]+)/.exec(found.stdout)?.[1];
  if (rate === undefined) throw new Error(`pgbench failed: ${found.stderr}`);
  return Number(rate);
}

/** Fills pgbench's tables: a million accounts. */
export function preparePgbench(url: string): void {
  spawnSync(PGBENCH, ["-i", "-q", "-s", "10", url], { encoding: "utf8" });
}
