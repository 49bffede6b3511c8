import { userApiKey } from "@weir/auth";
import { hashKey, type Identity, type Services } from "@weir/operations";
import { randomBytes, randomUUID } from "node:crypto";

// TEMPORARY until @weir/operations exports the verbs.
export async function listApiKeys({ db }: Services, { user }: Identity) {
  const rows = await db.prisma.apiKey.findMany({ where: { userId: user.id }, orderBy: { id: "desc" } });
  return rows.map((row) => ({
    id: row.id, name: row.name, prefix: row.prefix, lastFour: row.lastFour, created: row.created.toISOString(),
    expiration: row.expiration?.toISOString() ?? null, lastUsed: row.lastUsed?.toISOString() ?? null, lastClient: row.lastClient,
  }));
}
export async function createApiKey({ db }: Services, { user }: Identity, { name, expiration }: { name: string; expiration: Date | null }) {
  const key = userApiKey(randomBytes(96));
  await db.prisma.apiKey.create({ data: { id: randomUUID(), created: new Date(), userId: user.id, name, hash: hashKey(key), prefix: key.slice(0, 4), lastFour: key.slice(-4), expiration } });
  return { key };
}
export async function revokeApiKey({ db }: Services, { user }: Identity, id: string) {
  await db.prisma.apiKey.deleteMany({ where: { id, userId: user.id } });
}
