import { randomBytes, randomUUID } from "node:crypto";
import { userApiKey } from "@weir/auth";
import { createApiKey, revokeApiKey } from "@weir/operations";
import { startTestApi, type TestApi, type TestDatabase, testDatabase } from "@weir/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyFor } from "./harness/bodies.ts";
import { type AnyDoor, addressOf, everyDoor, nameOf, paramsOf, targetIn } from "./harness/doors.ts";
import { anEstate, type Estate } from "./harness/estate.ts";
import { fingerprint } from "./harness/fingerprint.ts";
import { type Answer, send, sendJson } from "./harness/send.ts";

let database: TestDatabase;
let api: TestApi;
let ada: Estate;
let mallory: Estate;

beforeAll(async () => {
  database = await testDatabase();
  api = await startTestApi(database.services);
  ada = await anEstate(database.services, api.origin);
  mallory = await anEstate(database.services, api.origin);
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

/** Doors that tell the same to anyone, or to anyone with a key. */
const isOpen = ({ scope }: AnyDoor) => scope === "root";
const belongsToNobody = (door: AnyDoor) => door.scope === "user" && paramsOf(door).length === 0;

/** Calls each door, and returns the answers that `judge` finds wrong. */
async function wrongOf(
  doors: AnyDoor[],
  call: (door: AnyDoor) => Promise<Answer>,
  judge: (answer: Answer, door: AnyDoor) => boolean,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const door of doors) {
    const answer = await call(door);
    if (!judge(answer, door)) wrong.push(`${nameOf(door)} → ${answer.status} ${answer.text.slice(0, 200)}`);
  }
  return wrong;
}

describe("another tenant's key", () => {
  test("finds nothing at any door of this tenant, and changes nothing", async () => {
    const before = await fingerprint(database.db);
    const doors = everyDoor().filter((door) => !isOpen(door) && !belongsToNobody(door));
    const wrong = await wrongOf(
      doors,
      (door) => sendJson(door.method, addressOf(door, api.origin, ada), mallory.owner.apiKey, bodyFor(door, ada)),
      ({ status, text }) => status === 404 && !text.includes(ada.secret),
    );
    expect(wrong).toEqual([]);
    expect(await fingerprint(database.db)).toEqual(before);
  });

  test("does not reach this tenant's ids and names through its own workspace", async () => {
    const before = await rowsOf(ada);
    // Doors of the workspace itself would only change, or end, the caller's own.
    const doors = everyDoor()
      .filter((door) => door.scope === "workspace" && door.path !== "")
      // Last those that make things, perhaps of the same name.
      .sort((a, b) => paramsOf(b).length - paramsOf(a).length);
    const wrong = await wrongOf(
      doors,
      (door) => sendJson(door.method, mallory.url + targetIn(door, ada), mallory.owner.apiKey, bodyFor(door, ada)),
      ({ status, text }, door) =>
        !text.includes(ada.secret) &&
        status < 500 &&
        (!("verb" in door) || paramsOf(door).length === 0 || status === nothingAt(door)),
    );
    expect(wrong).toEqual([]);
    expect(await rowsOf(ada)).toEqual(before);
  });

  test("does not enter this tenant's workspace by way of its own account", async () => {
    const crossed = `${mallory.accountUrl}/workspaces/${ada.owner.workspaceId}`;
    const wrong = await wrongOf(
      everyDoor().filter((door) => door.scope === "workspace"),
      (door) => sendJson(door.method, crossed + targetIn(door, ada), mallory.owner.apiKey, bodyFor(door, ada)),
      ({ status }) => status === 404,
    );
    expect(wrong).toEqual([]);
  });
});

describe("a caller without a good key is refused at every door, and changes nothing", () => {
  const keys: Record<string, () => Promise<string | undefined>> = {
    "no key": async () => undefined,
    "a key that never was": async () => userApiKey(randomBytes(96)),
    "a malformed key": async () => "'; drop table flow; --",
    "the hash of a key": async () =>
      (await database.db.prisma.apiKey.findFirstOrThrow({ where: { userId: ada.owner.userId } })).hash,
    "an expired key": async () => {
      const expiration = new Date(database.services.clock() / 1000 - 1000);
      return (await createApiKey(database.services, ada.owner.identity, { name: "old", expiration })).key;
    },
    "a revoked key": async () => {
      const { key, id } = await createApiKey(database.services, ada.owner.identity, { name: "gone" });
      expect((await send({ method: "GET", url: `${api.origin}/api/me`, key })).status).toBe(200);
      await revokeApiKey(database.services, ada.owner.identity, id);
      return key;
    },
  };

  test.each(Object.keys(keys))("%s", async (kind) => {
    const key = await keys[kind]?.();
    const before = await fingerprint(database.db);
    const wrong = await wrongOf(
      everyDoor().filter((door) => !isOpen(door)),
      (door) => {
        const body = bodyFor(door, ada);
        return send({
          method: door.method,
          url: addressOf(door, api.origin, ada),
          ...(key === undefined ? {} : { key }),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
      },
      ({ status, text }) => status === 401 && text === '{"exception_message":"Unauthorized"}',
    );
    expect(wrong).toEqual([]);
    expect(await fingerprint(database.db)).toEqual(before);
  });
});

/** What a door answers when its path names nothing: clients know a lease that is lost by 410. */
function nothingAt({ path }: AnyDoor): number {
  return path.includes("/leases/") ? 410 : 404;
}

test("ids that name nothing are not found, whoever asks", async () => {
  const before = await fingerprint(database.db);
  const doors = everyDoor().filter((door) => "verb" in door && paramsOf(door).length > 0);
  for (const nothing of [randomUUID(), "no-such-thing", "0"]) {
    const wrong = await wrongOf(
      doors,
      (door) => {
        const given = Object.fromEntries(paramsOf(door).map((param) => [param, nothing]));
        return sendJson(door.method, addressOf(door, api.origin, ada, given), ada.owner.apiKey, bodyFor(door, ada));
      },
      ({ status, text }, door) =>
        [404, nothingAt(door)].includes(status) && /^\{"(detail|exception_message)":"[^"]/.test(text),
    );
    expect(wrong).toEqual([]);
  }
  expect(await fingerprint(database.db)).toEqual(before);
});

/** Every row of an estate's workspace, account and owner. */
async function rowsOf({ owner }: Estate): Promise<unknown> {
  const columns: [column: string, id: string][] = [
    ["workspace_id", owner.workspaceId],
    ["account_id", owner.accountId],
    ["user_id", owner.userId],
  ];
  const found: Record<string, unknown> = {};
  for (const [column, id] of columns) {
    const tables = await database.db.prisma.$queryRaw<{ name: string }[]>`
      select table_name as name from information_schema.columns where table_schema = 'public' and column_name = ${column} order by 1`;
    for (const { name } of tables) {
      const [row] = await database.db.prisma.$queryRawUnsafe<{ hash: string }[]>(
        `select md5(string_agg((to_jsonb(t) - 'last_used' - 'last_client')::text, '' order by to_jsonb(t)::text)) as hash from "${name}" t where ${column} = $1::uuid`,
        id,
      );
      found[`${name} by ${column}`] = row?.hash;
    }
  }
  return found;
}
