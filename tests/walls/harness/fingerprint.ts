import { type Db, sql } from "@weir/db";

/** What a table holds: how many rows, and a hash of all of them. */
export type Fingerprint = Record<string, string>;

/** A key but for what every use of it writes: that is not what a wall is about. */
const KEYS = "(select id, created, user_id, name, hash, prefix, last_four, expiration from api_key)";

/** Counts and hashes the rows of every table, partitions through their parents. */
export async function fingerprint(db: Db): Promise<Fingerprint> {
  const tables = await db.query<{ name: string }>(sql`
    select c.relname as name from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`);
  const selects = tables.map(
    ({ name }) => `
    select '${name}' as name, count(*)::text || ' rows, ' || coalesce(md5(string_agg(h, '' order by h)), '') as told
      from (select md5(t::text) as h from ${name === "api_key" ? KEYS : `"${name}"`} t) as hashed`,
  );
  const rows = await db.prisma.$queryRawUnsafe<{ name: string; told: string }[]>(selects.join(" union all "));
  return Object.fromEntries(rows.map(({ name, told }) => [name, told]));
}
