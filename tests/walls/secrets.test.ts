import { startTestApi, type TestApi, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyFor } from "./harness/bodies.ts";
import { type AnyDoor, addressOf, everyDoor, nameOf } from "./harness/doors.ts";
import { anEstate, type Estate } from "./harness/estate.ts";
import { sendJson } from "./harness/send.ts";

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

/** Doors whose plain answer is a refusal: nothing of theirs is there to find. */
const refuses = new Set([
  "workspace GET /csrf-token",
  "workspace GET /events/filter/next",
  "workspace POST /v2/concurrency_limits/leases/:id/renew",
]);

test("its owner's own call succeeds at every door, and no answer holds a hash or a key", async () => {
  const shared = await anEstate(database.services, api.origin);
  const wrong: string[] = [];
  for (const door of everyDoor()) {
    // A deletion would take away what the next doors look for.
    const estate = deletes(door) ? await anEstate(database.services, api.origin) : shared;
    const secrets = await secretsOf(estate);
    const address = addressOf(door, api.origin, estate);
    const { status, text } = await sendJson(door.method, address, estate.owner.apiKey, bodyFor(door, estate));
    const told = secrets.filter((secret) => text.includes(secret));
    if ((status >= 300 && !refuses.has(nameOf(door))) || told.length > 0) {
      wrong.push(`${nameOf(door)} → ${status} ${told.join(" ")} ${text.slice(0, 300)}`);
    }
  }
  expect(wrong).toEqual([]);
});

function deletes({ method, path }: AnyDoor): boolean {
  return method === "DELETE" || path.endsWith("bulk_delete");
}

/** What an owner's password and keys are known by. */
async function secretsOf({ owner }: Estate): Promise<string[]> {
  const { prisma } = database.db;
  const passwordHash = "scrypt$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA";
  await prisma.user.update({ where: { id: owner.userId }, data: { passwordHash } });
  const keys = await prisma.apiKey.findMany({ where: { userId: owner.userId } });
  return ["scrypt", owner.apiKey, ...keys.map(({ hash }) => hash)];
}
