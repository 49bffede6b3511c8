import type { Db } from "./client.ts";
import { anyOf, like } from "./filters/conditions.ts";
import { all, raw, sql } from "./sql.ts";

/** A key as it is kept: never the key itself, and its hash is not read. */
export type ApiKeyRow = {
  id: string;
  created: string;
  name: string;
  prefix: string;
  lastFour: string;
  expiration: string | null;
  lastUsed: string | null;
  lastClient: string | null;
};

/** A key to store: its hash and its ends. */
export type NewApiKey = {
  id: string;
  created: string;
  name: string;
  hash: string;
  prefix: string;
  lastFour: string;
  expiration: string | null;
};

/** Which keys a list holds; an absent or null member does not constrain. */
export type ApiKeyQuery = {
  names?: string[] | null | undefined;
  like?: string | null | undefined;
  limit: number;
  offset: number;
};

const columns = raw(
  'id, created, name, prefix, last_four as "lastFour", expiration, last_used as "lastUsed", last_client as "lastClient"',
);

/** The keys of one user. */
export function apiKeys(db: Db, userId: string) {
  return {
    /** Stores a key. */
    async create(key: NewApiKey): Promise<void> {
      await db.query(sql`
        insert into api_key (id, created, user_id, name, hash, prefix, last_four, expiration)
        values (${key.id}, ${key.created}, ${userId}, ${key.name}, ${key.hash}, ${key.prefix}, ${key.lastFour}, ${key.expiration})`);
    },

    /** Keys, the latest first. */
    list({ names, like: part, limit, offset }: ApiKeyQuery): Promise<ApiKeyRow[]> {
      const conditions = [sql`user_id = ${userId}`, anyOf(sql`name`, names, "text"), like(sql`name`, part)];
      return db.query<ApiKeyRow>(sql`
        select ${columns} from api_key where ${all(conditions.filter((condition) => condition !== undefined))}
        order by id desc limit ${limit} offset ${offset}`);
    },

    /** One key. */
    async get(id: string): Promise<ApiKeyRow | undefined> {
      const [row] = await db.query<ApiKeyRow>(
        sql`select ${columns} from api_key where user_id = ${userId} and id = ${id}`,
      );
      return row;
    },

    /** Deletes a key. False when there is none. */
    async remove(id: string): Promise<boolean> {
      const rows = await db.query(sql`delete from api_key where user_id = ${userId} and id = ${id} returning id`);
      return rows.length > 0;
    },
  };
}
