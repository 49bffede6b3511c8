import { mkdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

const folder = fileURLToPath(new URL("../.cache/bench/", import.meta.url));

/** What makes Node write a CPU profile when it ends. */
export function profileFlags(wanted: boolean): string[] {
  if (!wanted) return [];
  mkdirSync(folder, { recursive: true });
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

/** Does something, and leaves a CPU profile of this process meanwhile, named after it. */
export async function profiled<T>(name: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  const result = await work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(join(folder, `${name.replaceAll(/\W+/g, "-")}.cpuprofile`), JSON.stringify(profile));
  return result;
}

/** The statements that cost PostgreSQL most, as text. */
export async function statements(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("create extension if not exists pg_stat_statements");
  const { rows } = await client.query(`
    select round(total_exec_time::numeric) as ms, round(total_plan_time::numeric) as plan_ms, calls, rows,
           round((total_exec_time / calls)::numeric, 3) as each_ms, shared_blks_hit / calls as hits, shared_blks_dirtied / calls as dirtied,
           wal_bytes / calls as wal, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as query
      from pg_stat_statements order by total_exec_time desc limit 14`);
  await client.end();
  return rows
    .map((row) =>
      Object.entries(row)
        .map(([name, value]) => `${name} ${value}`)
        .join("  "),
    )
    .join("\n");
}
