import type { Micros } from "@weir/contracts";
import type { Db } from "./client.ts";
import { sql } from "./sql.ts";

/** What time it is for PostgreSQL. */
export async function databaseNow(db: Db): Promise<Micros> {
  const [row] = await db.query<{ now: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now`,
  );
  return (row?.now ?? 0) as Micros;
}
