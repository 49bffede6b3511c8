import { userApiKey } from "@weir/auth";
import { formatInstant, Instant, Limit, type Micros, notFound, Offset, Text, Uuid } from "@weir/contracts";
import { type ApiKeyRow, apiKeys } from "@weir/db";
import { z } from "zod";
import { forgetVerdicts, hashKey } from "../identity/authenticate.ts";
import { definePersonalVerb } from "../identity/personal-verb.ts";
import { newId, randomBytes } from "../ids.ts";

const KeyName = Text.refine((name) => name.length > 0, "String should have at least 1 character").refine(
  (name) => name.length <= 5000,
  "String should have at most 5000 characters",
);

const Expiration = z.union([Instant, z.date().transform((date) => formatInstant((date.getTime() * 1000) as Micros))]);

/** A key made: the only time that it is told. */
export type MadeApiKey = { id: string; created: string; name: string; expiration: string | null; key: string };

/** Makes a key that acts as its user wherever the user may. */
export const createApiKey = definePersonalVerb({
  name: "api_key.create",
  input: z.object({ name: KeyName, expiration: Expiration.nullish() }),
  async run({ services, identity, now, nowIso }, { name, expiration = null }): Promise<MadeApiKey> {
    const key = userApiKey(randomBytes(96));
    const made = { id: newId(now), created: nowIso as string, name, expiration: expiration as string | null };
    await apiKeys(services.db, identity.user.id).create({
      ...made,
      hash: hashKey(key),
      prefix: key.slice(0, 4),
      lastFour: key.slice(-4),
    });
    return { ...made, key };
  },
});

const KeyFilter = z.strictObject({
  name: z.strictObject({ any_: z.array(Text).nullish(), like_: Text.nullish() }).nullish(),
});

/** The caller's keys, the latest first; `name` asks for that one exactly. */
export const listApiKeys = definePersonalVerb({
  name: "api_key.list",
  input: z.object({ name: Text.nullish(), api_keys: KeyFilter.nullish(), limit: Limit, offset: Offset }),
  run({ services, identity }, { name, api_keys: filter, limit, offset }): Promise<ApiKeyRow[]> {
    const names = name === null || name === undefined ? filter?.name?.any_ : [name];
    return apiKeys(services.db, identity.user.id).list({ names, like: filter?.name?.like_, limit, offset });
  },
});

/** One key of the caller's. */
export const readApiKey = definePersonalVerb({
  name: "api_key.read",
  input: Uuid,
  async run({ services, identity }, id): Promise<ApiKeyRow> {
    const row = await apiKeys(services.db, identity.user.id).get(id);
    if (!row) throw notFound("API key");
    return row;
  },
});

/** Revokes a key of the caller's: this process refuses it at once, others within seconds. */
export const revokeApiKey = definePersonalVerb({
  name: "api_key.revoke",
  input: Uuid,
  async run({ services, identity }, id): Promise<void> {
    if (!(await apiKeys(services.db, identity.user.id).remove(id))) throw notFound("API key");
    forgetVerdicts(services);
  },
});

/** A key on the wire: of the key itself only its ends. */
export function wireApiKey({ id, created, name, expiration, prefix, lastFour }: ApiKeyRow): Record<string, unknown> {
  return { id, created, name, expiration, masked_key: `${prefix}...${lastFour}` };
}
